// Compiled as C++17.
#include <string>

void change_inline(std::string& text) { text[3] = 'z'; }
void change_precompiled(std::string& text) { text.replace(3, 1, 1, 'z'); }
