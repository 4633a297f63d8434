// SPDX-License-Identifier: Apache-2.0
// Reports found by content, in every packing, and what is damaged is said to be.
#include <zlib.h>

#include <catch2/catch.hpp>

#include "mboxferry/base/base64.h"
#include "mboxferry/dmarc/aggregate_reader.h"
#include "mboxferry/dmarc/file_reader.h"
#include "mboxferry/dmarc/tally.h"
#include "unit/dmarc/dmarc_test_support.h"

namespace mboxferry::dmarc {
namespace {

/// Everything that a file gave.
struct Gathered final : ReportSink {
  std::vector<ReportHead> heads;
  std::vector<ReportRecord> records;
  std::vector<FailureReport> failures;
  std::vector<TlsReport> tls_reports;
  std::vector<Looked> all;
  bool is_new = true;

  Result<Seen> aggregate(const ReportHead& head) override {
    heads.push_back(head);
    return is_new ? Seen::never : Seen::whole;
  }
  Result<bool> record(const ReportHead&, const ReportRecord& record) override {
    records.push_back(record);
    return true;
  }
  Result<void> was_in_part(const ReportHead&, const ReportRecord*) override { return ok(); }
  Result<void> completed(const ReportHead&) override { return ok(); }
  Result<bool> failure(const FailureReport& report) override {
    failures.push_back(report);
    return true;
  }
  Result<bool> tls(const TlsReport& report) override {
    tls_reports.push_back(report);
    return is_new;
  }
  Result<void> looked(const Looked& looked) override {
    all.push_back(looked);
    return ok();
  }

  [[nodiscard]] std::uint64_t messages() const {
    std::uint64_t sum = 0;
    for (const ReportRecord& one : records) sum += one.count;
    return sum;
  }
  [[nodiscard]] std::vector<std::string> verdicts() const {
    std::vector<std::string> names;
    for (const Looked& one : all) names.emplace_back(verdict_name(one.verdict));
    return names;
  }
};

void gather(Gathered& found, std::string_view bytes, const Budget& budget = {}) {
  FileReader reader(budget);
  REQUIRE(reader.read(bytes, found));
}

std::string record_text(const std::string& count, const std::string& more = "") {
  return "<record><row><source_ip>192.0.2.1</source_ip><count>" + count +
         "</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim>"
         "<spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.com"
         "</header_from></identifiers>" +
         more + "</record>";
}

std::string report_text(const std::string& records, const std::string& id = "1") {
  return "<?xml version=\"1.0\"?><feedback><report_metadata><org_name>Org</org_name><email>a@b"
         "</email><report_id>" +
         id +
         "</report_id><date_range><begin>1</begin><end>2</end>"
         "</date_range></report_metadata><policy_published><domain>example.com</domain><adkim>r"
         "</adkim><aspf>s</aspf><p>none</p></policy_published>" +
         records + "</feedback>";
}

std::string gzipped(const std::string& text) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

std::string little(std::size_t number, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i, number >>= 8U) text += static_cast<char>(number & 0xffU);
  return text;
}

/// A zip archive of one member that is not packed.
std::string stored_zip(const std::string& name, const std::string& content) {
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
  const std::string about = little(20, 2) + little(0, 8) + little(crc, 4) +
                            little(content.size(), 4) + little(content.size(), 4) +
                            little(name.size(), 2) + little(0, 2);
  const std::string local = "PK\x03\x04" + about + name + content;
  const std::string entry = "PK\x01\x02" + little(20, 2) + about + little(0, 14) + name;
  return local + entry + "PK\x05\x06" + little(0, 4) + little(1, 2) + little(1, 2) +
         little(entry.size(), 4) + little(local.size(), 4) + little(0, 2);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a report is read with all of its fields") {
  Gathered found;
  gather(found, report_text(record_text("3",
                                        "<auth_results><dkim><domain>Mail.Example.com</domain>"
                                        "<selector>s1</selector><result>pass</result></dkim>"
                                        "<spf><domain>bounce.example.com</domain><scope>mfrom"
                                        "</scope><result>pass</result></spf></auth_results>")));
  CHECK(found.verdicts() == Names{"read"});
  REQUIRE(found.records.size() == 1);
  const ReportRecord& record = found.records[0];
  CHECK(record.count == 3);
  CHECK(record.dkim[0].selector == "s1");
  // adkim is relaxed and aspf strict.
  CHECK(record.aligned.dkim);
  CHECK_FALSE(record.aligned.spf);
  CHECK_FALSE(record.disagrees);
}

TEST_CASE("what the reporter says is held against its own results") {
  Gathered found;
  gather(found, report_text(record_text("1",
                                        "<auth_results><dkim><domain>other.example</domain>"
                                        "<result>pass</result></dkim></auth_results>")));
  CHECK(found.records[0].disagrees);
  CHECK_FALSE(found.records[0].passes());
}

TEST_CASE("a damaged record costs itself and is counted") {
  for (const std::string& bad :
       {record_text("two"), record_text("-1"), record_text("99999999999999999999"),
        std::string("<record><row>"), std::string("<record/>")}) {
    Gathered found;
    gather(found, report_text(record_text("3") + bad + record_text("4")));
    CHECK(found.verdicts() == Names{"partial"});
    CHECK(found.messages() == 7);
    CHECK(found.all[0].damaged_records == 1);
  }
}

TEST_CASE("what would be left out of a sum is counted as damaged") {
  const auto with = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  const std::string good = record_text("3");
  for (const std::string& text :
       {report_text(good + with(record_text("5"), "</row>", "</row><row><count>1</count></row>")),
        report_text(good + record_text("5</count><count>1")),
        report_text(good + record_text("1<b/>2")),
        report_text(good + with(record_text("5"), "<record>", "<Record>")),
        report_text(good) + record_text("5")}) {
    Gathered found;
    gather(found, text);
    CHECK(found.verdicts() == Names{"partial"});
    CHECK(found.messages() == 3);
    CHECK(found.all[0].damaged_records == 1);
  }
}

TEST_CASE("no second packed report is passed over in silence") {
  const std::string one = report_text(record_text("3"), "1");
  const std::string two = report_text(record_text("4"), "2");
  Gathered found;
  gather(found, gzipped(one) + "junk" + gzipped(two));
  CHECK(found.verdicts() == Names{"partial"});
  Gathered padded;
  gather(padded, gzipped(one) + std::string(512, '\0'));
  CHECK(padded.verdicts() == Names{"read"});
  Gathered zips;
  gather(zips, stored_zip("a.xml", one) + stored_zip("b.xml", two));
  CHECK(zips.verdicts() == Names{"read", "unsupported"});
  std::string emptied = stored_zip("a.xml", one);
  const std::size_t end = emptied.rfind("PK\x05\x06");
  emptied.replace(end + 12, 8, little(0, 4) + little(static_cast<unsigned>(end), 4));
  Gathered nothing;
  gather(nothing, emptied);
  CHECK(nothing.verdicts() == Names{"corrupt"});
}

TEST_CASE("counts of TLS sessions that are no numbers are told") {
  const auto report = [](const std::string& count) {
    return "{\"report-id\":\"1\",\"policies\":[{\"summary\":{"
           "\"total-successful-session-count\":" +
           count + "}}]}";
  };
  for (const auto& [count, sessions, verdict] : {std::tuple{"5", 5, "read"},
                                                 {"\"5\"", 5, "read"},
                                                 {"5e3", 5000, "read"},
                                                 {"-5", 0, "partial"},
                                                 {"null", 0, "partial"},
                                                 {"9223372036854775808", 0, "partial"},
                                                 {"\"many\"", 0, "partial"},
                                                 {"1.5", 0, "partial"}}) {
    Gathered found;
    gather(found, report(count));
    CHECK(found.verdicts() == Names{verdict});
    CHECK(found.tls_reports.at(0).policies[0].successful == static_cast<unsigned>(sessions));
  }
}

TEST_CASE("reports in parts of a mail are found however they are attached") {
  const std::string xml = report_text(record_text("5"));
  const std::string inner = "Subject: x\nContent-Type: text/xml\n\n" + xml;
  std::string wide;
  for (const char c : xml) (wide += c) += '\0';
  const auto mail = [](const std::string& head, const std::string& body) {
    return "From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + head + "\n\n" + body +
           "\n--x--\n";
  };
  const std::string long_comment = "<!--" + std::string(5000, 'x') + "-->" + xml;
  for (const auto& [head, body] :
       {std::pair<std::string, std::string>{
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", base64(inner)},
        {"Content-Type: application/octet-stream; name=x.eml", inner},
        {"Content-Type: text/xml\nContent-Transfer-Encoding: base64", base64(wide)},
        {"Content-Type: text/xml", long_comment}}) {
    Gathered found;
    gather(found, mail(head, body));
    CHECK(found.verdicts() == Names{"read"});
    CHECK(found.messages() == 5);
  }
  Gathered packed;
  gather(packed, mail("Content-Type: application/x-bzip2", "BZh91AY&SY"));
  CHECK(packed.verdicts() == Names{"unsupported"});
  FileReader reader(Budget{});
  Gathered mbox;
  REQUIRE(reader.read(mail("Content-Type: application/mbox", "From a@b Thu Jan  1 00:00:00 2026\n"),
                      mbox));
  CHECK(reader.holds_mbox());
}

TEST_CASE("parts of a mail beyond the bounds are not passed over in silence") {
  std::string many = "From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n";
  for (int i = 0; i < 1001; ++i) many += "--x\n\nhi\n";
  const std::string xml = report_text(record_text("5"));
  std::string deep = "Content-Type: text/xml\n\n" + xml;
  for (int i = 0; i < 20; ++i) deep = "Content-Type: message/rfc822\n\n" + deep;
  for (const std::string& mail : {many + "--x\nContent-Type: text/xml\n\n" + xml, deep}) {
    Gathered found;
    gather(found, mail);
    REQUIRE_FALSE(found.all.empty());
    CHECK(found.verdicts().back() == "unsupported");
    CHECK(found.all.back().reason.find("1,000 parts") != std::string::npos);
  }
}

TEST_CASE("each of two failure reports in a mail is read") {
  const std::string part =
      "--x\nContent-Type: message/feedback-report\n\nFeedback-Type: auth-failure\n";
  Gathered found;
  gather(found, "From: a@b\nContent-Type: multipart/report; boundary=x\n\n" + part +
                    "Incidents: 2\n\n" + part + "Incidents: 3\n\n--x--\n");
  REQUIRE(found.failures.size() == 2);
  CHECK(found.failures[0].incidents + found.failures[1].incidents == 5);
}

TEST_CASE("a report that is cut off gives what is there and says so") {
  const std::string text = report_text(record_text("3") + record_text("4"));
  Gathered found;
  gather(found, text.substr(0, text.size() - 40));
  CHECK(found.verdicts() == Names{"partial"});
  CHECK(found.messages() == 3);
  Gathered packed;
  const std::string gzip = gzipped(text);
  gather(packed, gzip.substr(0, gzip.size() - 30));
  CHECK(packed.verdicts() == Names{"partial"});
}

TEST_CASE("records in comments and CDATA are no records") {
  Gathered found;
  gather(found, report_text("<!--" + record_text("1") + "-->" + record_text("2") + "<x><![CDATA[" +
                            record_text("4") + "]]></x>"));
  CHECK(found.messages() == 2);
}

TEST_CASE("names with a prefix, UTF-16 and bytes of no charset are read") {
  std::string prefixed = report_text(record_text("2"));
  for (std::size_t at = 0; (at = prefixed.find('<', at)) != std::string::npos; at += 4)
    if (prefixed[at + 1] != '?') prefixed.insert(at + 1 + (prefixed[at + 1] == '/'), "ns:");
  Gathered found;
  gather(found, prefixed);
  std::string wide = "\xFF\xFE";
  for (const char c : report_text(record_text("2"))) (wide += c) += '\0';
  gather(found, wide);
  gather(found, report_text(record_text("2"), "caf\xe9"));
  CHECK(found.verdicts() == Names{"read", "read", "read"});
  CHECK(found.heads.back().report_id == "caf\xc3\xa9");
  CHECK(found.messages() == 6);
}

TEST_CASE("what is no tag is text, and the report is said not to be well-formed") {
  Gathered found;
  gather(found, report_text(record_text("2"), "<a@b.example>"));
  CHECK(found.verdicts() == Names{"partial"});
  CHECK(found.heads[0].report_id == "<a@b.example>");
  CHECK(found.messages() == 2);
}

TEST_CASE("gzip is unpacked three deep and no deeper") {
  std::string text = report_text(record_text("1"));
  for (int depth = 1; depth <= 4; ++depth) {
    text = gzipped(text);
    Gathered found;
    gather(found, text);
    CHECK(found.verdicts() == Names{depth <= 3 ? "read" : "unsupported"});
  }
}

TEST_CASE("what unpacks to too much names the option that allows it") {
  Gathered found;
  gather(found, gzipped(std::string(20u << 20, ' ')));
  CHECK(found.verdicts() == Names{"unsupported"});
  CHECK(found.all[0].reason.find("--max-report-size") != std::string::npos);
}

TEST_CASE("entities of the document's own stay as they are written") {
  Gathered found;
  gather(found,
         "<?xml version=\"1.0\"?><!DOCTYPE feedback [<!ENTITY a \"aaaa\"><!ENTITY b "
         "\"&a;&a;\">] >" +
             report_text(record_text("1"), "&b;&amp;").substr(21));
  REQUIRE(found.heads.size() == 1);
  CHECK(found.heads[0].report_id == "&b;&");
}

TEST_CASE("mails have reports in any part, and their headers need not be right") {
  const std::string xml = report_text(record_text("5"));
  for (const char* type :
       {"Content-Type: application/octet-stream\n", "ContentType: text/plain\n", ""}) {
    Gathered found;
    gather(found, std::string("From: a@b\nContent-Type: multipart/mixed; boundary=\"x y\"\n\n"
                              "--x y\nContent-Type: text/plain\n\nhello\n--x y\n") +
                      type + "X: 1\n\n" + xml + "\n--x y--\n");
    CHECK(found.verdicts() == Names{"read"});
    CHECK(found.messages() == 5);
  }
  Gathered found;
  gather(found, "Subject: hello\n\nno report\n");
  CHECK(found.verdicts() == Names{"not a report"});
}

TEST_CASE("a failure report is read") {
  Gathered found;
  gather(
      found,
      "From: a@b\nContent-Type: multipart/report; boundary=x\n\n--x\n\nhello\n--x\n"
      "Content-Type: message/feedback-report\n\nFeedback-Type: auth-failure\nSource-IP: 192.0.2.1\n"
      "Reported-Domain:\n example.com\n\n--x\nContent-Type: message/rfc822\n\nSubject: sold\n\nx\n"
      "--x--\n");
  REQUIRE(found.failures.size() == 1);
  CHECK(found.failures[0].reported_domain == "example.com");
  CHECK(found.failures[0].subject == "sold");
}

TEST_CASE("sums are the same when they do not fit into memory") {
  const auto tally = Tally::create().value();
  ReportHead head;
  head.domain = "example.com";
  ReportRecord record;
  record.count = 2;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 15'000; ++i) {
      record.source_ip = "192.0." + std::to_string(i);
      REQUIRE(tally->add(head, record));
    }
  CHECK(tally->all().messages == 60'000);
  CHECK(tally->count(Grouping::source).value() == 15'000);
  REQUIRE(tally->each(Grouping::source, 3, [](std::string_view, const Sums& sums) -> Result<void> {
    CHECK(sums.messages == 4);
    return ok();
  }));
  std::uint64_t repeated = 0;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 60'000; ++i) {
      head.report_id = std::to_string(i);
      repeated += tally->see(head).value() == Seen::whole ? 1 : 0;
    }
  CHECK(repeated == 60'000);
}

TEST_CASE("records of a report that was read in part are told from those that were not") {
  const auto tally = Tally::create().value();
  ReportHead head;
  head.report_id = "1";
  ReportRecord record;
  record.count = 2;
  CHECK(tally->see(head).value() == Seen::never);
  REQUIRE(tally->was_in_part(head));
  CHECK(tally->is_new(record).value());
  // The other copy has the record twice, and another one.
  CHECK(tally->see(head).value() == Seen::in_part);
  CHECK_FALSE(tally->is_new(record).value());
  CHECK(tally->is_new(record).value());
  record.count = 3;
  CHECK(tally->is_new(record).value());
  REQUIRE(tally->completed(head));
  CHECK(tally->see(head).value() == Seen::whole);
}

TEST_CASE("a report of other projects' tests gives the messages that they count") {
  const std::string folder = testing::corpora() + "/dmarc/";
  if (testing::content_of(folder + "MANIFEST.tsv").empty()) {
    WARN("no corpora: MBOXFERRY_CORPORA does not name them");
    return;
  }
  const auto counted = [&](const char* file) {
    Gathered found;
    gather(found, testing::content_of(folder + file));
    return std::pair(found.verdicts(), found.messages());
  };
  CHECK(counted("trusteddomainproject-OpenDMARC--good.com!example.com!1337270400!1337356799.xml") ==
        std::pair(Names{"read"}, std::uint64_t{183934}));
  CHECK(counted("made-one-bad-record.xml") == std::pair(Names{"partial"}, std::uint64_t{4}));
  CHECK(counted("made-unused.xml.gz").first == Names{"not a report"});
  CHECK(counted("tierpod-dmarc-report-converter--test.xml.gz.gz").first == Names{"read"});
  CHECK(counted("domainaware-parsedmarc--twilight.eml") ==
        std::pair(Names{"read"}, std::uint64_t{1}));
  CHECK(counted("domainaware-parsedmarc--ikea.com!example.de!1538690400!1538776800.xml").first ==
        Names{"partial"});
}

}  // namespace mboxferry::dmarc
