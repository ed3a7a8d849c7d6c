// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/steps/journal.hpp>

#include <algorithm>

#include "place.hpp"

namespace kubeferry::steps {

namespace {

Json identity(const Step& step) {
  Json json = Json::object();
  json.set("kind", step.kind()).set("target", step.target()).set("summary", step.summary());
  return json;
}

const Json* newest(const std::vector<std::pair<std::string, Json>>& list, std::string_view name) {
  const auto found =
      std::find_if(list.rbegin(), list.rend(), [name](const auto& element) { return element.first == name; });
  return found == list.rend() ? nullptr : &found->second;
}

}  // namespace

std::string_view to_string(State state) noexcept {
  switch (state) {
    case State::begun: return "begun";
    case State::done: return "done";
    case State::undone: return "undone";
  }
  return "?";
}

Status Journal::start_run(std::string_view verb, Json facts, const Plan* plan) {
  Json::Object members{{"verb", verb}, {"facts", std::move(facts)}};
  if (plan != nullptr) {
    Json steps = Json::array();
    for (const auto& step : *plan) {
      steps.push(identity(*step));
    }
    members.emplace_back("plan", std::move(steps));
  }
  return append("run", std::move(members));
}

Status Journal::end_run(std::string_view outcome) { return append("end", {{"outcome", outcome}}); }

Status Journal::begin(const Step& step, Json prior) {
  KF_TRY(reserve());
  Json::Object members{{"kind", step.kind()}, {"target", step.target()}};
  if (const std::string mark = step.mark(); !mark.empty()) {
    members.emplace_back("mark", mark);
  }
  if (find(step.kind(), step.target()) == nullptr) {
    members.emplace_back("prior", std::move(prior));
  }
  return append("begun", std::move(members));
}

Status Journal::done(const Step& step) { return append("done", {{"kind", step.kind()}, {"target", step.target()}}); }

Status Journal::undone(const Entry& entry) {
  return append("undone", {{"kind", entry.kind}, {"target", entry.target}});
}

Status Journal::note(std::string_view name, Json value) {
  return append("note", {{"name", name}, {"value", std::move(value)}});
}

Entry* Journal::known(std::string_view kind, std::string_view target) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.kind == kind && entry.target == target; });
  return found == entries_.end() ? nullptr : &*found;
}

const Entry* Journal::find(std::string_view kind, std::string_view target) const {
  return const_cast<Journal*>(this)->known(kind, target);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

const Json* Journal::noted(std::string_view name) const { return newest(notes_, name); }

const Json* Journal::run(std::string_view verb) const { return newest(runs_, verb); }

std::optional<std::string> Journal::unfinished() const { return running_; }

std::vector<Record> Journal::tail(std::size_t count) const {
  return {records_.end() - static_cast<std::ptrdiff_t>(std::min(count, records_.size())), records_.end()};
}

Status Journal::take(const Json& record) {
  const JsonView view(record, "record");
  KF_TRY_ASSIGN(const std::string what, view.string("what"));
  KF_TRY_ASSIGN(const std::string time, view.string("time"));
  KF_TRY_ASSIGN(const TimePoint when, parse_rfc3339(time));
  std::string shown = what;
  if (what == "run") {
    KF_TRY_ASSIGN(shown, view.string("verb"));
    KF_TRY_ASSIGN(const JsonView facts, view.member("facts"));
    runs_.emplace_back(shown, facts.value());
    running_ = shown;
  } else if (what == "end") {
    KF_TRY_ASSIGN(shown, view.string("outcome"));
    running_.reset();
  } else if (what == "note") {
    KF_TRY_ASSIGN(std::string name, view.string("name"));
    KF_TRY_ASSIGN(const JsonView value, view.member("value"));
    shown = fmt::format("noted {}", name);
    notes_.emplace_back(std::move(name), value.value());
  } else {
    KF_TRY(take_step(what, record));
    KF_TRY_ASSIGN(const std::string kind, view.string("kind"));
    KF_TRY_ASSIGN(const std::string target, view.string("target"));
    shown = fmt::format("{} {} {}", what, kind, target);
  }
  records_.push_back({when, std::move(shown)});
  return {};
}

Status Journal::take_step(const std::string& what, const Json& record) {
  const JsonView view(record, "record");
  KF_TRY_ASSIGN(const std::string kind, view.string("kind"));
  KF_TRY_ASSIGN(const std::string target, view.string("target"));
  Entry* entry = known(kind, target);
  if (what == "begun") {
    if (entry == nullptr) {
      KF_TRY_ASSIGN(const JsonView prior, view.member("prior"));
      entries_.push_back({.kind = kind, .target = target, .state = State::begun, .prior = prior.value()});
      entry = &entries_.back();
    }
    entry->state = State::begun;
    KF_TRY_ASSIGN(const std::string mark, view.string_or("mark", ""));
    if (!mark.empty() && std::find(entry->marks.begin(), entry->marks.end(), mark) == entry->marks.end()) {
      entry->marks.push_back(mark);
    }
    return {};
  }
  if (entry == nullptr) {
    return fail(ExitCode::format, "{} {} {}, which was never begun", what, kind, target);
  }
  if (what == "done") {
    entry->state = State::done;
  } else if (what == "undone") {
    entries_.erase(entries_.begin() + (entry - entries_.data()));
  } else {
    return fail(ExitCode::format, "it says \"{}\", which means nothing", what);
  }
  return {};
}

}  // namespace kubeferry::steps
