// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without a fuzzer: PROGRAM CORPUS-DIRECTORY MUTATIONS-PER-SEED.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

// The output of this engine is fixed by the standard, unlike that of the distributions: the same everywhere.
class Mutator {
public:
  Input mutate(Input input, const Input& other) {
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      edit(input, other);
    }
    return input;
  }

private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(engine_() % limit); }

  void edit(Input& input, const Input& other) {
    const std::size_t at = below(input.size());
    const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
      case 0:
        if (!input.empty()) {
          *place = static_cast<std::uint8_t>(*place ^ (1U << below(8)));
        }
        break;
      case 1:
        if (!input.empty()) {
          *place = static_cast<std::uint8_t>(below(256));
        }
        break;
      case 2: input.insert(place, static_cast<std::uint8_t>(below(256))); break;
      case 3: input.erase(place, place + static_cast<std::ptrdiff_t>(below(input.size() - at + 1))); break;
      case 4: {
        const std::size_t from = below(other.size());
        const auto begin = other.begin() + static_cast<std::ptrdiff_t>(from);
        input.insert(place, begin, begin + static_cast<std::ptrdiff_t>(below(other.size() - from + 1)));
        break;
      }
      default: input.resize(at); break;
    }
  }

  std::mt19937_64 engine_{20261121};
};

std::vector<Input> read_corpus(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Input> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: %s CORPUS-DIRECTORY MUTATIONS-PER-SEED\n", arguments[0]);
    return 2;
  }
  const std::vector<Input> corpus = read_corpus(arguments[1]);
  const unsigned long mutations = std::strtoul(arguments[2], nullptr, 10);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: no seeds\n", arguments[1]);
    return 1;
  }
  Mutator mutator;
  std::size_t runs = 0;
  for (std::size_t seed = 0; seed < corpus.size(); ++seed) {
    LLVMFuzzerTestOneInput(corpus[seed].data(), corpus[seed].size());
    for (unsigned long i = 0; i < mutations; ++i) {
      const Input input = mutator.mutate(corpus[seed], corpus[(seed + i) % corpus.size()]);
      LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    runs += 1 + mutations;
  }
  std::printf("%zu inputs, none went wrong\n", runs);
  return 0;
}
