// A reverse proxy as Go's standard library gives it, on one processor: what streams through minionsd are compared with.
// usage: go_proxy UPSTREAM CERTIFICATE KEY
package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"runtime"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: go_proxy UPSTREAM CERTIFICATE KEY")
	}
	runtime.GOMAXPROCS(1)
	upstream, err := url.Parse(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	certificate, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	proxy.FlushInterval = -1 // each write at once, as for event streams
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	server := &http.Server{Handler: proxy, TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}}
	fmt.Printf("ready https://%s\n", listener.Addr())
	log.Fatal(server.ServeTLS(listener, "", ""))
}
