// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/unit_file.hpp>

#include <gmock/gmock.h>

#include "scene.hpp"

namespace kubeferry::rehearsal {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(UnitSettings, AnEmptyValueTakesBackWhatWasBefore) {
  UnitSettings settings;
  settings.add("[Service]\nExecStart=/usr/bin/kubelet\nEnvironment=A=1\n");
  settings.add("[Service]\nExecStart=\nExecStart=/usr/local/bin/kubelet $ARGS\nEnvironment=B=2");
  EXPECT_THAT(settings.values("Service.ExecStart"), ElementsAre("/usr/local/bin/kubelet $ARGS"));
  EXPECT_THAT(settings.values("Service.Environment"), ElementsAre("A=1", "B=2"));
  EXPECT_EQ(settings.value("Service.Type", "simple"), "simple");
}

TEST(UnitSettings, LinesGoOnAndCommentsDoNotCount) {
  UnitSettings settings;
  settings.add(
      "# [Service]\n[Service]\nExecStart=/bin/a \\\n# in between\n  --b \\\n  --c\n; no\nRemainAfterExit = yes\n");
  EXPECT_EQ(settings.value("Service.ExecStart"), "/bin/a  --b  --c");
  EXPECT_TRUE(settings.is_true("Service.RemainAfterExit"));
}

TEST(UnitSettings, SectionsAreApart) {
  UnitSettings settings;
  settings.add("[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestartSec=2\n");
  EXPECT_EQ(settings.span("Unit.StartLimitIntervalSec", milliseconds(1)), milliseconds(0));
  EXPECT_EQ(settings.span("Service.StartLimitIntervalSec", milliseconds(1)), milliseconds(1));
  EXPECT_EQ(settings.span("Service.RestartSec", milliseconds(1)), milliseconds(2000));
}

TEST(ParseSpan, UnitsAddUp) {
  EXPECT_EQ(parse_span("5"), milliseconds(5000));
  EXPECT_EQ(parse_span("500ms"), milliseconds(500));
  EXPECT_EQ(parse_span("1min 30s"), milliseconds(90000));
  EXPECT_EQ(parse_span("2h"), milliseconds(7200000));
  EXPECT_GT(parse_span("infinity"), milliseconds(1000000000));
  EXPECT_EQ(parse_span(""), std::nullopt);
  EXPECT_EQ(parse_span("soon"), std::nullopt);
  EXPECT_EQ(parse_span("5 apples"), std::nullopt);
}

TEST(CommandWords, QuotesVariablesAndSpecifiers) {
  const Environment environment = {{"ARGS", "--a=1 --b='2 3'"}, {"DIR", "/run/x"}, {"NONE", ""}};
  EXPECT_THAT(command_words("/bin/p $ARGS ${DIR}/y \"$ARGS\" $NONE $MISSING", "p.service", environment),
              ElementsAre("/bin/p", "--a=1", "--b=2 3", "/run/x/y", "$ARGS"));
  EXPECT_THAT(command_words("/bin/p %n %N %d 100%% 'a b' \"c\\\"d\" $$HOME", "p.service", environment),
              ElementsAre("/bin/p", "p.service", "p", "/run/credentials/p.service", "100%", "a b", "c\"d", "$HOME"));
  EXPECT_THAT(command_words("  ", "p.service", environment), IsEmpty());
}

TEST(AddEnvironmentFile, TakesQuotesOff) {
  Environment environment = {{"A", "0"}};
  add_environment_file("# no\nA=1\nKUBELET_KUBEADM_ARGS=\"--x=1 --y=2\"\n\nnonsense\n", environment);
  EXPECT_EQ(environment["A"], "1");
  EXPECT_EQ(environment["KUBELET_KUBEADM_ARGS"], "--x=1 --y=2");
  EXPECT_EQ(environment.size(), 2U);
}

TEST(LoadUnit, DropInsByNameTheNearerFolderFirst) {
  const Scene scene;
  scene.file("/usr/lib/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n");
  scene.file("/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", "[Service]\nRestart=no\n");
  scene.file("/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", "[Service]\nRestart=always\n");
  scene.file("/etc/systemd/system/kubelet.service.d/20-more.conf", "[Service]\nUMask=0077\n");
  scene.file("/etc/systemd/system/kubelet.service.d/30-off.conf", "");
  const auto unit = load_unit(scene.host(), "kubelet.service");
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->path, "/usr/lib/systemd/system/kubelet.service");
  EXPECT_THAT(unit->drop_ins, ElementsAre("/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
                                          "/etc/systemd/system/kubelet.service.d/20-more.conf"));
  EXPECT_EQ(unit->settings.value("Service.Restart"), "always");
}

TEST(LoadUnit, MaskedAndMissing) {
  const Scene scene;
  scene.file("/usr/lib/systemd/system/a.service", "[Service]\nExecStart=/bin/a\n");
  std::filesystem::create_directories(scene.at("/etc/systemd/system"));
  std::filesystem::create_symlink("/dev/null", scene.at("/etc/systemd/system/a.service"));
  EXPECT_TRUE(load_unit(scene.host(), "a.service")->masked);
  EXPECT_FALSE(load_unit(scene.host(), "b.service"));
  EXPECT_FALSE(load_unit(scene.host(), "../../../etc/passwd"));
}

TEST(UnitName, ServicesNeedNoSuffix) {
  EXPECT_EQ(unit_name("kubelet"), "kubelet.service");
  EXPECT_EQ(unit_name("kubelet.service"), "kubelet.service");
  EXPECT_EQ(unit_name("multi-user.target"), "multi-user.target");
}

}  // namespace
}  // namespace kubeferry::rehearsal
