# SPDX-License-Identifier: Apache-2.0
# Random faults against real servers, job after job: tools/soak.
