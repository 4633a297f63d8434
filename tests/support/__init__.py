# SPDX-License-Identifier: Apache-2.0
# Servers, proxies, certificates and archives for the tests; standard library only.
