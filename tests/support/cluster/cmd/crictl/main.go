// SPDX-License-Identifier: Apache-2.0

// crictl for the tests: the commands that kubeadm, kubeferry and a person who looks for a fault need, with crictl's own
// names, flags and exit codes. The real one is a module that not every proxy has; this one is built with the CRI client
// in Kubernetes' source (tests/support/upstream/kubernetes.sh). Its pulls are the container runtime's, as crictl's are.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1alpha2"
	"k8s.io/kubernetes/pkg/kubelet/cri/remote"
)

const (
	configFile      = "/etc/crictl.yaml"
	defaultEndpoint = "unix:///run/containerd/containerd.sock"
)

type client struct {
	runtime internalapi.RuntimeService
	images  internalapi.ImageManagerService
	quiet   bool
	all     bool
	format  string
}

// jsonImage is an image as crictl writes it: jsonpb's names.
type jsonImage struct {
	ID          string   `json:"id"`
	RepoTags    []string `json:"repoTags"`
	RepoDigests []string `json:"repoDigests"`
	Size        string   `json:"size"`
}

// configured is the endpoint that crictl's configuration file names, or "".
func configured() string {
	content, err := os.ReadFile(configFile)
	if err != nil {
		return ""
	}
	for _, line := range strings.Split(string(content), "\n") {
		if value := strings.TrimPrefix(line, "runtime-endpoint:"); value != line {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

func endpoint(given string) string {
	for _, choice := range []string{given, os.Getenv("CONTAINER_RUNTIME_ENDPOINT"), configured()} {
		if choice != "" && strings.HasPrefix(choice, "/") {
			return "unix://" + choice
		} else if choice != "" {
			return choice
		}
	}
	return defaultEndpoint
}

func print(value interface{}) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err == nil {
		fmt.Println(string(text))
	}
	return err
}

func state(text string) string { return text[strings.LastIndex(text, "_")+1:] }

func (c client) version() error {
	answer, err := c.runtime.Version("0.1.0")
	if err == nil {
		fmt.Printf("Version:  %s\nRuntimeName:  %s\nRuntimeVersion:  %s\nRuntimeApiVersion:  %s\n",
			answer.Version, answer.RuntimeName, answer.RuntimeVersion, answer.RuntimeApiVersion)
	}
	return err
}

func (c client) info() error {
	status, err := c.runtime.Status()
	if err != nil {
		return err
	}
	return print(map[string]interface{}{"status": status})
}

func (c client) pods() error {
	found, err := c.runtime.ListPodSandbox(nil)
	for _, pod := range found {
		if c.quiet {
			fmt.Println(pod.Id)
		} else {
			fmt.Printf("%.13s  %-8s  %s/%s\n", pod.Id, state(pod.State.String()), pod.Metadata.Namespace, pod.Metadata.Name)
		}
	}
	return err
}

func (c client) ps() error {
	found, err := c.runtime.ListContainers(nil)
	for _, container := range found {
		if !c.all && container.State != runtimeapi.ContainerState_CONTAINER_RUNNING {
			continue
		}
		if c.quiet {
			fmt.Println(container.Id)
		} else {
			fmt.Printf("%.13s  %-8s  %s  %d  %s\n", container.Id, state(container.State.String()), container.Metadata.Name,
				container.Metadata.Attempt, container.Labels["io.kubernetes.pod.name"])
		}
	}
	return err
}

func (c client) list() error {
	found, err := c.images.ListImages(nil)
	if c.format == "json" {
		if err != nil {
			return err
		}
		images := []jsonImage{}
		for _, image := range found {
			images = append(images, jsonImage{image.Id, image.RepoTags, image.RepoDigests, fmt.Sprint(image.Size_)})
		}
		return print(map[string]interface{}{"images": images})
	}
	for _, image := range found {
		if c.quiet {
			fmt.Println(image.Id)
		} else {
			fmt.Printf("%.20s  %10d  %s\n", image.Id, image.Size_, strings.Join(append(image.RepoTags, image.RepoDigests...), " "))
		}
	}
	return err
}

func (c client) inspecti(name string) error {
	image, err := c.images.ImageStatus(&runtimeapi.ImageSpec{Image: name})
	if err == nil && image == nil {
		err = fmt.Errorf("no such image %q present", name)
	}
	if err != nil || c.quiet {
		return err
	}
	return print(map[string]interface{}{"status": image})
}

func (c client) pull(name string) error {
	id, err := c.images.PullImage(&runtimeapi.ImageSpec{Image: name}, nil, nil)
	if err == nil {
		fmt.Printf("Image is up to date for %s\n", id)
	}
	return err
}

// full is the whole id of the container that `prefix` abbreviates, as people copy it from ps.
func (c client) full(prefix string) string {
	found, _ := c.runtime.ListContainers(nil)
	for _, container := range found {
		if strings.HasPrefix(container.Id, prefix) {
			return container.Id
		}
	}
	return prefix
}

func (c client) logs(id string) error {
	status, err := c.runtime.ContainerStatus(c.full(id))
	if err != nil {
		return err
	}
	file, err := os.Open(status.LogPath)
	if err == nil {
		_, err = io.Copy(os.Stdout, file)
	}
	return err
}

func (c client) removePod(id string) error {
	err := c.runtime.RemovePodSandbox(id)
	if err == nil {
		fmt.Printf("Removed sandbox %s\n", id)
	}
	return err
}

// run does the command `name`; with arguments, once for each.
func (c client) run(name string, arguments []string) error {
	alone := map[string]func() error{"version": c.version, "info": c.info, "pods": c.pods, "ps": c.ps,
		"images": c.list, "image": c.list}
	each := map[string]func(string) error{"inspecti": c.inspecti, "pull": c.pull, "logs": c.logs, "rmp": c.removePod,
		"stopp": c.runtime.StopPodSandbox,
		"rmi":   func(image string) error { return c.images.RemoveImage(&runtimeapi.ImageSpec{Image: image}) },
		"stop":  func(id string) error { return c.runtime.StopContainer(c.full(id), 0) },
		"rm":    func(id string) error { return c.runtime.RemoveContainer(c.full(id)) }}
	if command, known := alone[name]; known {
		return command()
	}
	command, known := each[name]
	if !known {
		return fmt.Errorf("crictl of the tests has no command %q", name)
	}
	if len(arguments) == 0 {
		return fmt.Errorf("%s: an argument is missing", name)
	}
	for _, argument := range arguments {
		if err := command(argument); err != nil {
			return fmt.Errorf("%s %s: %w", name, argument, err)
		}
	}
	return nil
}

// options parses what may stand before and after the command's name.
func options(arguments []string) (given string, timeout time.Duration, c client, rest []string) {
	flags := flag.NewFlagSet("crictl", flag.ExitOnError)
	flags.StringVar(&given, "r", "", "the runtime's endpoint")
	flags.StringVar(&given, "runtime-endpoint", "", "the runtime's endpoint")
	flags.String("i", "", "the image service's endpoint: always the runtime's here")
	flags.String("image-endpoint", "", "the same")
	flags.DurationVar(&timeout, "t", 2*time.Minute, "of one request")
	flags.DurationVar(&timeout, "timeout", 2*time.Minute, "of one request")
	flags.BoolVar(&c.quiet, "q", false, "only ids")
	flags.BoolVar(&c.quiet, "quiet", false, "only ids")
	flags.BoolVar(&c.all, "a", false, "stopped containers too")
	flags.BoolVar(&c.all, "all", false, "stopped containers too")
	flags.StringVar(&c.format, "o", "", "json, or as the command prints")
	flags.StringVar(&c.format, "output", "", "the same")
	for len(arguments) > 0 {
		_ = flags.Parse(arguments)
		arguments = flags.Args()
		if len(arguments) > 0 {
			rest, arguments = append(rest, arguments[0]), arguments[1:]
		}
	}
	return given, timeout, c, rest
}

func main() {
	given, timeout, c, rest := options(os.Args[1:])
	if len(rest) == 0 {
		fmt.Fprintln(os.Stderr, "usage: crictl [-r ENDPOINT] COMMAND [ARGUMENT…]")
		os.Exit(1)
	}
	var err error
	if c.runtime, err = remote.NewRemoteRuntimeService(endpoint(given), timeout); err == nil {
		if c.images, err = remote.NewRemoteImageService(endpoint(given), timeout); err == nil {
			err = c.run(rest[0], rest[1:])
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "crictl: %v\n", err)
		os.Exit(1)
	}
}
