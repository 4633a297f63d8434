# SPDX-License-Identifier: Apache-2.0
# Measurements of the built program; tools/bench runs them.
