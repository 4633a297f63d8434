# Third-party libraries, all from Debian 12.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(LibArchive REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

# libetpan's own link flags turn PIE off, so it is found by hand.
find_path(ETPAN_INCLUDE_DIR libetpan/libetpan.h REQUIRED)
find_library(ETPAN_LIBRARY etpan REQUIRED)
add_library(mboxferry_etpan INTERFACE)
target_include_directories(mboxferry_etpan SYSTEM INTERFACE ${ETPAN_INCLUDE_DIR})
target_link_libraries(mboxferry_etpan INTERFACE ${ETPAN_LIBRARY})
