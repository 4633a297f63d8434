# Third-party libraries, all from Debian 12.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(LibArchive REQUIRED)
find_package(ZLIB REQUIRED)
find_package(BZip2 REQUIRED)
find_package(LibLZMA 5.4 REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(EXPAT 2.5 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

find_path(ZSTD_INCLUDE_DIR zstd.h REQUIRED)
find_library(ZSTD_LIBRARY zstd REQUIRED)
add_library(mboxferry_zstd INTERFACE)
target_include_directories(mboxferry_zstd SYSTEM INTERFACE ${ZSTD_INCLUDE_DIR})
target_link_libraries(mboxferry_zstd INTERFACE ${ZSTD_LIBRARY})

# libetpan's own link flags turn PIE off, so it is found by hand.
find_path(ETPAN_INCLUDE_DIR libetpan/libetpan.h REQUIRED)
find_library(ETPAN_LIBRARY etpan REQUIRED)
add_library(mboxferry_etpan INTERFACE)
target_include_directories(mboxferry_etpan SYSTEM INTERFACE ${ETPAN_INCLUDE_DIR})
target_link_libraries(mboxferry_etpan INTERFACE ${ETPAN_LIBRARY})

# The build on OpenSSL is loaded at run time (src/http/curl_library.cc). The headers are those of the
# build on GnuTLS, which libetpan-dev brings along and beside which Debian does not let the other
# -dev package stand.
find_path(CURL_INCLUDE_DIR curl/curl.h REQUIRED)
add_library(mboxferry_curl INTERFACE)
target_include_directories(mboxferry_curl SYSTEM INTERFACE ${CURL_INCLUDE_DIR})
target_link_libraries(mboxferry_curl INTERFACE ${CMAKE_DL_LIBS})

find_path(CSV_INCLUDE_DIR csv.h REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)
add_library(mboxferry_csv INTERFACE)
target_include_directories(mboxferry_csv SYSTEM INTERFACE ${CSV_INCLUDE_DIR})
target_link_libraries(mboxferry_csv INTERFACE ${CSV_LIBRARY})

find_path(SQLITECPP_INCLUDE_DIR SQLiteCpp/SQLiteCpp.h REQUIRED)
find_library(SQLITECPP_LIBRARY SQLiteCpp REQUIRED)
# Static: SQLite has to come behind it on the linker's line.
add_library(mboxferry_sqlitecpp STATIC IMPORTED)
set_target_properties(mboxferry_sqlitecpp PROPERTIES
  IMPORTED_LOCATION ${SQLITECPP_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${SQLITECPP_INCLUDE_DIR}
  INTERFACE_LINK_LIBRARIES SQLite::SQLite3)

find_path(IDN2_INCLUDE_DIR idn2.h REQUIRED)
find_library(IDN2_LIBRARY idn2 REQUIRED)
add_library(mboxferry_idn2 INTERFACE)
target_include_directories(mboxferry_idn2 SYSTEM INTERFACE ${IDN2_INCLUDE_DIR})
target_link_libraries(mboxferry_idn2 INTERFACE ${IDN2_LIBRARY})

find_path(PSL_INCLUDE_DIR libpsl.h REQUIRED)
find_library(PSL_LIBRARY psl REQUIRED)
add_library(mboxferry_psl INTERFACE)
target_include_directories(mboxferry_psl SYSTEM INTERFACE ${PSL_INCLUDE_DIR})
target_link_libraries(mboxferry_psl INTERFACE ${PSL_LIBRARY})

find_path(LDNS_INCLUDE_DIR ldns/ldns.h REQUIRED)
find_library(LDNS_LIBRARY ldns REQUIRED)
add_library(mboxferry_ldns INTERFACE)
target_include_directories(mboxferry_ldns SYSTEM INTERFACE ${LDNS_INCLUDE_DIR})
target_link_libraries(mboxferry_ldns INTERFACE ${LDNS_LIBRARY})
find_path(PUGIXML_INCLUDE_DIR pugixml.hpp REQUIRED)
find_library(PUGIXML_LIBRARY pugixml REQUIRED)
add_library(mboxferry_pugixml INTERFACE)
target_include_directories(mboxferry_pugixml SYSTEM INTERFACE ${PUGIXML_INCLUDE_DIR})
target_link_libraries(mboxferry_pugixml INTERFACE ${PUGIXML_LIBRARY})
