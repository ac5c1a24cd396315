package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Ephemeral containers: the only part of a pod that its kubelet hears of here by itself. The lab starts all others.

type container struct {
	Name            string
	Image           string
	Command, Args   []string
	SecurityContext struct{ RunAsUser, RunAsGroup *int64 }
}

type pod struct {
	Metadata struct{ Namespace, Name, UID, ResourceVersion string }
	Spec     struct{ EphemeralContainers []container }
}

type state map[string]any

// Images that hold a shell and curl; no others can be pulled.
var pullable = []string{"curl", "busybox", "alpine", "netshoot"}

type ephemeral struct {
	api    *http.Client
	server string
	mu     sync.Mutex
	states map[string]map[string]state   // by the pod's UID and the container's name
	users  map[string]string             // by namespace.pod/container
	stop   map[string]context.CancelFunc // by the pod's UID
}

func newEphemeral(server, ca, cert, key string) (*ephemeral, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}}
	return &ephemeral{
		api:    &http.Client{Transport: transport},
		server: server,
		states: map[string]map[string]state{},
		users:  map[string]string{},
		stop:   map[string]context.CancelFunc{},
	}, nil
}

// run watches for ever: an API server that is away comes back.
func (e *ephemeral) run() {
	for {
		if err := e.watch(); err != nil {
			log.Print("watching pods: ", err)
		}
		time.Sleep(time.Second)
	}
}

// watch begins with an event for every pod there is, and ends with the connection.
func (e *ephemeral) watch() error {
	answer, err := e.api.Get(e.server + "/api/v1/pods?watch=true")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	for events := json.NewDecoder(answer.Body); ; {
		var event struct {
			Type   string
			Object pod
		}
		if err := events.Decode(&event); err != nil {
			return err
		}
		switch event.Type {
		case "ADDED", "MODIFIED":
			e.sync(event.Object)
		case "DELETED":
			e.forget(event.Object)
		case "ERROR":
			return errors.New("the API server ends the watch")
		}
	}
}

// sync starts what was added to a pod, anywhere in the list. Nothing can be taken away from it.
func (e *ephemeral) sync(p pod) {
	e.mu.Lock()
	defer e.mu.Unlock()
	uid := p.Metadata.UID
	for _, each := range p.Spec.EphemeralContainers {
		if _, known := e.states[uid][each.Name]; known {
			continue
		}
		if e.states[uid] == nil {
			e.states[uid] = map[string]state{}
		}
		e.states[uid][each.Name] = e.start(p, each)
		e.report(p)
	}
}

func (e *ephemeral) forget(p pod) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if stop, found := e.stop[p.Metadata.UID]; found {
		stop()
	}
	delete(e.stop, p.Metadata.UID)
	delete(e.states, p.Metadata.UID)
}

func (e *ephemeral) start(p pod, c container) state {
	status := func(now state) state {
		_, isRunning := now["running"]
		return state{"name": c.Name, "image": c.Image, "imageID": c.Image, "ready": isRunning, "restartCount": 0, "state": now}
	}
	waiting := func(reason, message string) state {
		return status(state{"waiting": state{"reason": reason, "message": message}})
	}
	image, _, _ := strings.Cut(path.Base(c.Image), ":")
	if !slices.Contains(pullable, image) {
		return waiting("ErrImagePull", fmt.Sprintf("failed to pull and unpack image %q: not found", c.Image))
	}
	name := p.Metadata.Namespace + "." + p.Metadata.Name
	namespace, err := namespaceOf(name)
	if err != nil {
		return waiting("CreateContainerError", err.Error())
	}
	user := idOf(c.SecurityContext.RunAsUser)
	enter := []string{"netns", "exec", namespace, "setpriv", "--reuid", user, "--regid", idOf(c.SecurityContext.RunAsGroup),
		"--clear-groups"}
	uid := p.Metadata.UID
	ctx, stop := context.WithCancel(context.Background())
	if earlier, found := e.stop[uid]; found {
		e.stop[uid] = func() { earlier(); stop() }
	} else {
		e.stop[uid] = stop
	}
	command := exec.CommandContext(ctx, "ip", append(append(enter, c.Command...), c.Args...)...)
	if err := command.Start(); err != nil {
		return waiting("CreateContainerError", err.Error())
	}
	e.users[name+"/"+c.Name] = user
	started := time.Now().UTC().Format(time.RFC3339)
	go func() {
		err := command.Wait()
		e.mu.Lock()
		defer e.mu.Unlock()
		if _, known := e.states[uid]; !known {
			return
		}
		delete(e.users, name+"/"+c.Name)
		reason := "Completed"
		if err != nil {
			reason = "Error"
		}
		e.states[uid][c.Name] = status(state{"terminated": state{
			"exitCode": command.ProcessState.ExitCode(), "reason": reason, "startedAt": started,
			"finishedAt": time.Now().UTC().Format(time.RFC3339),
		}})
		e.report(p)
	}()
	return status(state{"running": state{"startedAt": started}})
}

// report tells the API server of all ephemeral containers of a pod.
func (e *ephemeral) report(p pod) {
	all := slices.Collect(maps.Values(e.states[p.Metadata.UID]))
	body, err := json.Marshal(state{"status": state{"ephemeralContainerStatuses": all}})
	if err != nil {
		log.Fatal(err)
	}
	url := fmt.Sprintf("%s/api/v1/namespaces/%s/pods/%s/status", e.server, p.Metadata.Namespace, p.Metadata.Name)
	request, err := http.NewRequest(http.MethodPatch, url, bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/merge-patch+json")
	answer, err := e.api.Do(request)
	if err != nil {
		log.Print("reporting: ", err)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		log.Print("reporting: ", answer.Status)
	}
}

// userOf is who a command in an ephemeral container runs as.
func (e *ephemeral) userOf(pod, container string) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	user, found := e.users[pod+"/"+container]
	return user, found
}

// idOf is root's where nothing is said, as in most images.
func idOf(id *int64) string {
	if id == nil {
		return "0"
	}
	return strconv.FormatInt(*id, 10)
}
