// SPDX-License-Identifier: Apache-2.0
// The program's entry.
int main() { return 0; }
