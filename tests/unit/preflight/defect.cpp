// SPDX-License-Identifier: Apache-2.0
#include "defect.hpp"

#include <gmock/gmock.h>

#include "fixture.hpp"

namespace kubeferry::preflight::testing_support {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

void expect_exactly(const Defect& defect) {
  Facts facts = good_facts();
  Question question = good_question();
  defect.spoil(facts, question);
  const auto findings = check(facts, question);
  EXPECT_THAT(names(findings), ElementsAreArray(defect.found));
  for (const auto& finding : findings) {
    EXPECT_FALSE(finding.what.empty() || finding.why.empty()) << finding.name;
    EXPECT_TRUE(finding.severity == Severity::info || !finding.fix.empty()) << finding.name;
    EXPECT_EQ((finding.what + finding.why + finding.fix).find('\n'), std::string::npos) << finding.name;
  }
  if (!findings.empty()) {
    EXPECT_THAT(findings[0].what + "|" + findings[0].why + "|" + findings[0].fix, HasSubstr(defect.says));
  }
}

}  // namespace kubeferry::preflight::testing_support
