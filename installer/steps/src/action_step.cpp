// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::steps {

namespace {

class ActionStep final : public Step {
public:
  explicit ActionStep(Action action) : action_(std::move(action)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return action_.kind; }
  [[nodiscard]] std::string target() const override { return action_.target; }
  [[nodiscard]] std::string summary() const override { return action_.summary; }

  Result<bool> satisfied(const host::Host& host) const override {
    return action_.satisfied ? action_.satisfied(host) : Result<bool>(false);
  }
  Result<Json> capture(const host::Host& host, Backups& backups) const override {
    return action_.capture ? action_.capture(host, backups) : Result<Json>(Json());
  }
  Status apply(const host::Host& host) const override { return action_.apply(host); }
  Result<Preview> preview(const host::Host& /*host*/) const override {
    Preview preview = action_.preview;
    if (preview.summary.empty()) {
      preview.summary = action_.summary;
    }
    if (preview.action.empty()) {
      preview.action = "run";
    }
    return preview;
  }

private:
  Action action_;
};

}  // namespace

std::unique_ptr<const Step> action(Action action) { return std::make_unique<ActionStep>(std::move(action)); }

}  // namespace kubeferry::steps
