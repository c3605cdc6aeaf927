#!/usr/bin/env bash
# Stands for a program of one race-free body that is reported: compare.sh must object.
if [ $# -eq 0 ]; then printf '1\tordered\tof nobody: reported\n'; else exit 66; fi
