// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/status.hpp>

#include <algorithm>
#include <iterator>

#include <kubeferry/source/join_pack.hpp>

namespace kubeferry::node {

namespace {

Json expiry(const std::optional<TimePoint>& time) { return time ? Json(to_rfc3339(*time)) : Json(); }

template <class Items, class One>
Json list(const Items& items, One one) {
  Json out = Json::array();
  for (const auto& item : items) {
    out.push(one(item));
  }
  return out;
}

Json texts(const std::vector<std::string>& items) {
  return list(items, [](const std::string& item) { return Json(item); });
}

Json installation_json(const Installation& installed) {
  Json out;
  out.set("command", installed.verb).set("bundle", installed.bundle).set("bundleName", installed.bundle_name);
  out.set("kubernetes", installed.kubernetes).set("node", installed.node).set("criSocket", installed.cri_socket);
  out.set("stepsDone", std::uint64_t{installed.steps_done}).set("stepsBegun", std::uint64_t{installed.steps_begun});
  out.set("unfinished", installed.unfinished.empty() ? Json() : Json(installed.unfinished));
  return out;
}

Json images_json(const ImageState& images) {
  Json out;
  out.set("checked", images.unchecked.empty()).set("compared", std::uint64_t{images.compared});
  out.set("wrong", texts(images.wrong));
  out.set("notCheckedBecause", images.unchecked.empty() ? Json() : Json(images.unchecked));
  return out;
}

Json certificate_json(const kubeadm::Certificate& certificate) {
  Json out;
  out.set("name", certificate.name).set("authority", certificate.authority);
  out.set("expires", expiry(certificate.expires)).set("externallyManaged", certificate.externally_managed);
  return out;
}

Json token_json(const kubeadm::Token& token) {
  Json out;
  out.set("id", token.id).set("description", token.description).set("expires", expiry(token.expires));
  return out;
}

Json node_json(const NodeState& node) {
  Json out;
  out.set("name", node.name).set("ready", node.ready).set("controlPlane", node.control_plane);
  out.set("version", node.version).set("reason", node.reason);
  return out;
}

Json pod_json(const PodState& pod) {
  Json out;
  out.set("name", pod.name).set("node", pod.node).set("ready", pod.ready).set("finished", pod.finished);
  out.set("reason", pod.reason);
  return out;
}

class Text {
public:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += printable(fmt::format(format, std::forward<Args>(args)...));
    text_ += '\n';
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  std::string text_;
};

void add_installation(Text& text, const NodeStatus& status) {
  const auto& installed = status.installation;
  text.line("node          {} ({}), by kubeferry {}", installed.node, status.control_plane ? "control plane" : "worker",
            installed.verb);
  text.line("bundle        {}, {}", installed.bundle_name, installed.bundle);
  text.line("Kubernetes    {}", installed.kubernetes);
  text.line("runtime       {}", installed.cri_socket);
  text.line("steps         {} done{}", installed.steps_done,
            installed.steps_begun == 0 ? "" : fmt::format(", {} begun", installed.steps_begun));
}

void add_software(Text& text, const NodeStatus& status) {
  std::string title = "programs";
  for (const auto& program : status.programs) {
    text.line("{:<13} {:<11} {:<10} {}", title, program.name, program.version.empty() ? "?" : program.version,
              program.path);
    title.clear();
  }
  title = "services";
  for (const auto& unit : status.units) {
    text.line("{:<13} {} {}", title, unit.name, unit.active ? "is active" : "is NOT active");
    title.clear();
  }
  if (!status.images.unchecked.empty()) {
    text.line("images        not checked: {}", status.images.unchecked);
  } else {
    text.line("images        {} compared with the signed manifest, {} wrong", status.images.compared,
              status.images.wrong.size());
  }
}

void add_expiries(Text& text, const NodeStatus& status, TimePoint now) {
  std::string title = "certificates";
  for (const auto& certificate : status.certificates) {
    text.line("{:<13} {:<24} {}", title, certificate.name,
              certificate.expires ? fmt::format("{}, {}", to_rfc3339(*certificate.expires),
                                                source::validity_text(*certificate.expires, now))
                                  : "missing");
    title.clear();
  }
  title = "tokens";
  for (const auto& token : status.tokens) {
    text.line("{:<13} {} {}  {}", title, token.id,
              token.expires ? source::validity_text(*token.expires, now) : "for ever", token.description);
    title.clear();
  }
}

void add_cluster(Text& text, const NodeStatus& status) {
  std::string title = "nodes";
  for (const auto& node : status.nodes) {
    text.line("{:<13} {} {} {}", title, node.name, node.version, node.ready ? "Ready" : "NOT Ready");
    title.clear();
  }
  if (!status.pods.empty()) {
    const auto well = std::ranges::count_if(status.pods, [](const auto& pod) { return pod.ready || pod.finished; });
    text.line("Pods          {} of {} Ready or finished", well, status.pods.size());
  }
}

}  // namespace

Json to_json(const NodeStatus& status) {
  Json out;
  out.set("installed", status.installed);
  if (!status.installed) {
    return out;
  }
  out.set("controlPlane", status.control_plane).set("healthy", status.problems.empty());
  out.set("installation", installation_json(status.installation));
  out.set("programs", list(status.programs, [](const ProgramState& program) {
            Json item;
            item.set("name", program.name).set("path", program.path).set("version", program.version);
            return item;
          }));
  out.set("units", list(status.units, [](const UnitState& unit) {
            Json item;
            item.set("name", unit.name).set("active", unit.active);
            return item;
          }));
  out.set("certificates", list(status.certificates, certificate_json)).set("tokens", list(status.tokens, token_json));
  out.set("images", images_json(status.images));
  out.set("nodes", list(status.nodes, node_json)).set("pods", list(status.pods, pod_json));
  out.set("journal", list(status.records, [](const steps::Record& record) {
            Json item;
            item.set("time", to_rfc3339(record.time)).set("what", record.what);
            return item;
          }));
  out.set("problems", texts(status.problems)).set("warnings", texts(status.warnings));
  return out;
}

std::string to_text(const NodeStatus& status, TimePoint now) {
  if (!status.installed) {
    return "kubeferry has changed nothing on this host\n";
  }
  Text text;
  add_installation(text, status);
  add_software(text, status);
  add_expiries(text, status, now);
  add_cluster(text, status);
  std::string title = "journal";
  for (const auto& record : status.records) {
    text.line("{:<13} {} {}", title, to_rfc3339(record.time), record.what);
    title.clear();
  }
  for (const auto& warning : status.warnings) {
    text.line("warning       {}", warning);
  }
  for (const auto& problem : status.problems) {
    text.line("PROBLEM       {}", problem);
  }
  if (status.problems.empty()) {
    text.line("all is well");
  }
  return text.take();
}

}  // namespace kubeferry::node
