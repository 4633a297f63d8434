# SPDX-License-Identifier: Apache-2.0
# Protections switched off one by one: a named test must notice.
