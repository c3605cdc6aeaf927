#pragma once
void register_in_shared();
int registered_in_shared();
