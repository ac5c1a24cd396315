// The part of cert-manager's controller that signs CertificateRequests, made of cert-manager's own packages. Its command is
// a module of its own that the Go proxy does not have, and most of what it runs (ACME, Ingress, Gateway) is not needed here.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	controllerpkg "github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	"github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	"github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "the cluster to serve")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig string) error {
	factory, err := controllerpkg.NewContextFactory(ctx, controllerpkg.ContextOptions{Kubeconfig: kubeconfig})
	if err != nil {
		return err
	}
	// Builds the informer factories; the controllers add what they watch.
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	ended := make(chan error)
	for _, name := range []string{issuers.ControllerName, approver.ControllerName, ca.CRControllerName} {
		controller, err := controllerpkg.Known()[name](factory)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		go func() { ended <- controller.Run(1, ctx) }()
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	select {
	case err = <-ended:
		return err
	case <-ctx.Done():
		time.Sleep(100 * time.Millisecond)
		return nil
	}
}
