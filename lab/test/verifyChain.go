// What Go's crypto/x509 says of a chain: verifyChain <chain.pem> <roots.pem> <unix time>. Prints "ok", or why not.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"time"
)

func main() {
	chain, _ := os.ReadFile(os.Args[1])
	roots, _ := os.ReadFile(os.Args[2])
	seconds, _ := strconv.ParseInt(os.Args[3], 10, 64)
	block, rest := pem.Decode(chain)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err == nil {
		options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: time.Unix(seconds, 0)}
		options.Roots.AppendCertsFromPEM(roots)
		options.Intermediates.AppendCertsFromPEM(rest)
		_, err = leaf.Verify(options)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ok")
}
