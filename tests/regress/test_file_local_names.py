# SPDX-License-Identifier: Apache-2.0
"""What one file of a module keeps for itself has a name of its own in the module.

Most builds compile many files of a module at once (docs/testing.md), where a second definition is an
error; and a second one of the same name is often a helper that has been written twice.
"""
import collections
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "src", ROOT / "tests" / "unit")
# CMakeLists.txt has the reason.
COMPILED_ALONE = {"src/imap/tls/tcp_times.cc"}
NAMES = (
    re.compile(r"^(?:(?:inline|static|const|constexpr) )+.*?\b(k[A-Z]\w*)\b(?=[\[={(;]| =)",
               re.MULTILINE),
    re.compile(r"^(?:struct|class|enum class|enum) (\w+)[^;]*\{", re.MULTILINE),
    re.compile(r"^using (\w+) =", re.MULTILINE),
)
# Overloads share a name, so a function is its name and its parameters' types.
FUNCTION = re.compile(r"^(?!using|struct|class|enum|namespace|return|template)(?:[\w:<>,*&\[\]]+ )+[*&]*"
                      r"(\w+)\(([^{};]*?)\)(?: noexcept)? \{", re.MULTILINE)


def without_names(parameters):
    types = (re.sub(r"\s+", " ", one.partition("=")[0]).strip() for one in parameters.split(","))
    return ", ".join(re.sub(r"(?<=[\w>&*]) ?\b\w+$", "", one) if " " in one else one for one in types)


def file_local_names(text):
    """What the anonymous namespaces of a file define; their contents are not indented."""
    for part in re.findall(r"^namespace \{\n(.*?)^\}  // namespace$", text, re.MULTILINE | re.DOTALL):
        for pattern in NAMES:
            yield from pattern.findall(part)
        for name, parameters in FUNCTION.findall(part):
            yield f"{name}({without_names(parameters)})"


class FileLocalNamesTest(unittest.TestCase):
    maxDiff = None

    def test_a_module_defines_each_once(self):
        wrong = []
        for module in sorted(path for folder in FOLDERS for path in folder.iterdir()
                             if path.is_dir()):
            found = collections.defaultdict(list)
            for path in sorted(module.glob("*.cc")):
                where = str(path.relative_to(ROOT))
                text = path.read_text()
                for name in set(file_local_names(text)) if where not in COMPILED_ALONE else ():
                    using = re.search(rf"^using {re.escape(name)} = (.*);", text, re.MULTILINE)
                    found[name].append((where, using[1] if using else None))
            wrong += [f"{name}: {', '.join(where for where, _ in places)}"
                      for name, places in sorted(found.items())
                      # The same name for the same type is no second definition.
                      if len(places) > 1 and (None in {using for _, using in places}
                                              or len({using for _, using in places}) > 1)]
        self.assertEqual(wrong, [])

    def test_it_sees_every_kind(self):
        text = ("namespace {\nconstexpr std::size_t kPage = 5;\nconstexpr milliseconds kWait{5};\n"
                "struct One {\n};\nError failed(const std::string& what, int code) {\n}\n"
                "constexpr std::array<int, 2> kTwo{{1, 2}};\nbool is_it(char c) { return c; }\n"
                "}  // namespace\n")
        self.assertEqual(sorted(file_local_names(text)),
                         ["One", "failed(const std::string&, int)", "is_it(char)", "kPage", "kTwo",
                          "kWait"])


if __name__ == "__main__":
    unittest.main()
