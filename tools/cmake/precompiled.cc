// SPDX-License-Identifier: Apache-2.0
// Nothing: a precompiled header needs a target that has a source.
