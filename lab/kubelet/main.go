// The part of a kubelet that an API server calls when a client asks for exec, port-forward or logs of a pod, and ephemeral
// containers, for pods that are network namespaces. The streaming itself is the kubelet's own code.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

var (
	listen  = flag.String("listen", "", "address:port")
	cert    = flag.String("tls-cert-file", "", "")
	key     = flag.String("tls-private-key-file", "", "")
	pods    = flag.String("pods", "", "the folder with the pods' records")
	logs    = flag.String("logs", "", "the folder with the processes' logs")
	cluster = flag.String("cluster", "", "the cluster's name")
	server  = flag.String("server", "", "the API server's URL")
	ca      = flag.String("ca-file", "", "whom the API server's certificate comes from")
	admin   = flag.String("client-cert-file", "", "")
	secret  = flag.String("client-key-file", "", "")
	host    = flag.String("host-namespace", "", "the network namespace of pods without a record, such as istiod")
)

const (
	appUser      = "1000"
	proxyUser    = "1337"
	idle         = time.Hour
	streamsStart = 30 * time.Second
)

func main() {
	flag.Parse()
	added, err := newEphemeral(*server, *ca, *admin, *secret)
	if err != nil {
		log.Fatal(err)
	}
	go added.run()
	mux := http.NewServeMux()
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) {
		options, err := remotecommand.NewOptions(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		remotecommand.ServeExec(w, r, executor{added}, nameOf(r), "", r.PathValue("container"), r.URL.Query()["command"],
			options, idle, streamsStart, remotecommand.SupportedStreamingProtocols)
	})
	mux.HandleFunc("/portForward/{namespace}/{pod}", func(w http.ResponseWriter, r *http.Request) {
		options, err := portforward.NewV4Options(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		portforward.ServePortForward(w, r, forwarder{}, nameOf(r), "", options, idle, streamsStart,
			portforward.SupportedProtocols)
	})
	mux.HandleFunc("/containerLogs/{namespace}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) {
		process := *cluster + "-" + nameOf(r) + "-" + r.PathValue("container")
		if r.PathValue("pod") == "istiod-1" {
			process = *cluster + "-istiod"
		}
		http.ServeFile(w, r, filepath.Join(*logs, process+".log"))
	})
	log.Fatal(http.ListenAndServeTLS(*listen, *cert, *key, mux))
}

func nameOf(r *http.Request) string { return r.PathValue("namespace") + "." + r.PathValue("pod") }

// record is what the lab notes of a pod that it made.
type record struct {
	Netns      string
	Containers []struct{ Name, Image string }
}

func recordOf(pod string) (record, error) {
	text, err := os.ReadFile(filepath.Join(*pods, pod+".json"))
	if errors.Is(err, os.ErrNotExist) {
		return record{Netns: *host}, nil
	}
	if err != nil {
		return record{}, err
	}
	var found record
	err = json.Unmarshal(text, &found)
	return found, err
}

// namespaceOf is the network namespace of a pod; one that the lab made has a record.
func namespaceOf(pod string) (string, error) {
	found, err := recordOf(pod)
	return found.Netns, err
}

// isEmpty tells whether a container's image has no program to run but its own: `pause` stands for all such images.
func (r record) isEmpty(container string) bool {
	for _, each := range r.Containers {
		image, _, _ := strings.Cut(path.Base(each.Image), ":")
		if each.Name == container {
			return image == "pause"
		}
	}
	return false
}

type executor struct{ added *ephemeral }

func (e executor) ExecInContainer(ctx context.Context, name, _, container string, argv []string, in io.Reader,
	out, errOut io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	record, err := recordOf(name)
	if err != nil {
		return err
	}
	if record.isEmpty(container) {
		return fmt.Errorf("exec failed: unable to start container process: exec: %q: executable file not found in $PATH", argv[0])
	}
	user := appUser
	if container == "istio-proxy" {
		user = proxyUser
	}
	if of, found := e.added.userOf(name, container); found {
		user = of
	}
	enter := []string{"netns", "exec", record.Netns, "setpriv", "--reuid", user, "--regid", user, "--clear-groups"}
	command := exec.CommandContext(ctx, "ip", append(enter, argv...)...)
	command.Stdin, command.Stdout, command.Stderr = in, out, errOut
	err = command.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return &utilexec.ExitErrorWrapper{ExitError: failed}
	}
	return err
}

type forwarder struct{}

func (forwarder) PortForward(_ context.Context, name string, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	namespace, err := namespaceOf(name)
	if err != nil {
		return err
	}
	connection, err := dialIn(namespace, port)
	if err != nil {
		return err
	}
	defer connection.Close()
	done := make(chan struct{}, 2)
	go func() {
		_, _ = io.Copy(connection, stream)
		_ = connection.(*net.TCPConn).CloseWrite()
		done <- struct{}{}
	}()
	go func() { _, _ = io.Copy(stream, connection); done <- struct{}{} }()
	<-done
	<-done
	return nil
}

// dialIn opens a connection from inside a network namespace. A socket stays in the namespace of the thread that made it; the
// thread is not given back, so no other goroutine gets it.
func dialIn(namespace string, port int32) (net.Conn, error) {
	type result struct {
		connection net.Conn
		err        error
	}
	results := make(chan result, 1)
	go func() {
		runtime.LockOSThread()
		file, err := os.Open("/var/run/netns/" + namespace)
		if err != nil {
			results <- result{nil, err}
			return
		}
		defer file.Close()
		if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
			results <- result{nil, fmt.Errorf("entering %s: %w", namespace, err)}
			return
		}
		connection, err := net.DialTimeout("tcp4", "127.0.0.1:"+strconv.Itoa(int(port)), 10*time.Second)
		results <- result{connection, err}
	}()
	found := <-results
	return found.connection, found.err
}
