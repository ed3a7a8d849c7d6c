// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <set>

#include <kubeferry/base/text.hpp>
#include <kubeferry/runtime/registry_service.hpp>

namespace kubeferry::runtime {

namespace {

constexpr int k_credentials_since = 247;  // LoadCredential=

/// A word of a command line as systemd.service(5) wants it: no specifiers, no variables, no second word.
std::string word(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '%' || c == '$') {
      out += c;
    } else if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

std::string listen_address(const RegistryService& service) {
  const bool ipv6 = service.address.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", service.address, service.port)
              : fmt::format("{}:{}", service.address, service.port);
}

std::string command(const RegistryService& service, std::string_view certificate, std::string_view key) {
  std::string out = word(service.program) + " serve";
  for (const std::string& bundle : service.bundles) {
    out += " " + word(bundle);
  }
  out += " --trust " + word(service.trust);
  for (const crypto::Digest& digest : service.accepted) {
    out += " --allow-expired " + digest.to_string();
  }
  out += " --listen " + word(listen_address(service));
  for (const std::string& name : service.names) {
    out += " --name " + word(name);
  }
  return out + fmt::format(" --tls-cert {} --tls-key {}", certificate, key);
}

/// A mount's source where a colon and a space would part it.
std::string mounted(std::string_view path) {
  std::string out;
  for (const char c : path) {
    out += c == ':' || c == '\\' ? "\\" : "";
    out += c == '%' ? "%" : "";
    out += c;
  }
  return word(out).find(' ') == std::string::npos ? out : "\"" + out + "\"";
}

std::string mounts(const RegistryService& service, std::span<const std::string> more) {
  std::set<std::string> paths(service.bundles.begin(), service.bundles.end());
  paths.insert(service.trust);
  paths.insert(more.begin(), more.end());
  std::string out = fmt::format("TemporaryFileSystem={}:ro\n", steps::k_state_directory);
  for (const std::string& path : paths) {
    out += fmt::format("BindReadOnlyPaths={}\n", mounted(path));
  }
  return out;
}

constexpr std::string_view k_locked_up = R"(ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
LimitCORE=0
LimitNOFILE=65536
TasksMax=512
MemoryMax=1G
)";

}  // namespace

ServiceManager service_manager(const host::Host& host) {
  ServiceManager manager;
  if (const auto systemctl = host.program("systemctl")) {
    // "systemd 252 (252.38-1~deb12u1)"
    const std::string line = host.output_of({*systemctl, "--version"}).value_or("");
    const auto words = split(split(line, '\n').front(), ' ');
    if (words.size() > 1) {
      std::from_chars(words[1].data(), words[1].data() + words[1].size(), manager.systemd);
    }
  }
  manager.user_namespaces = host.line("/proc/sys/user/max_user_namespaces").value_or("0") != "0";
  return manager;
}

std::string registry_unit(const RegistryService& service, const ServiceManager& manager) {
  const std::string certificate = fmt::format("{}/server.crt", k_registry_identity_directory);
  const std::string key = fmt::format("{}/server.key", k_registry_identity_directory);
  const bool credentials = manager.systemd >= k_credentials_since;
  std::string out = R"(# Written by kubeferry.
[Unit]
Description=kubeferry: the images of this cluster, read-only
Documentation=https://distribution.github.io/distribution/spec/api/
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=2
)";
  if (credentials) {
    out += fmt::format("ExecStart={}\n",
                       command(service, "${CREDENTIALS_DIRECTORY}/server.crt", "${CREDENTIALS_DIRECTORY}/server.key"));
    out +=
        fmt::format("DynamicUser=yes\nLoadCredential=server.crt:{}\nLoadCredential=server.key:{}\n", certificate, key);
    out += mounts(service, {});
  } else {
    out += fmt::format("ExecStart={}\n", command(service, certificate, key));
    const std::vector<std::string> own = {certificate, key};
    out += mounts(service, own);
  }
  out += manager.user_namespaces ? "PrivateUsers=yes\n" : "";
  out += k_locked_up;
  if (!service.clients.empty()) {
    out += fmt::format("IPAddressDeny=any\nIPAddressAllow=localhost {}\n", fmt::join(service.clients, " "));
  }
  return out + "\n[Install]\nWantedBy=multi-user.target\n";
}

}  // namespace kubeferry::runtime
