// The nodes of std::list, std::map and std::set: libstdc++ links them out of line, where no hook sees the writes. These doors
// log what the real functions are about to change, so that containers from before an execution are rolled back, too.
#include <bits/stl_tree.h>
#include <list>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

using TreeNode = std::_Rb_tree_node_base;
using ListNode = std::__detail::_List_node_base;

template <class Node>
void note(Node* node) {
  if (node != nullptr) memory->note_write(node, sizeof *node);
}

// A node, its children and theirs: what a rotation or a change of colour at `node` can touch.
void note_around(TreeNode* node) {
  note(node);
  for (TreeNode* child : {node->_M_left, node->_M_right}) {
    if (child == nullptr) continue;
    note(child);
    note(child->_M_left);
    note(child->_M_right);
  }
}

// Rebalancing works its way up from `node` to the root, whose parent is the header.
void note_upwards(TreeNode* node, TreeNode& header) {
  note(&header);
  for (; node != nullptr && node != &header; node = node->_M_parent) note_around(node);
}

// Whether the node's container may be one from outside the execution.
bool modelled() { return mode == Mode::modelled; }

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#define REAL_NAMED(type, name) (reinterpret_cast<type>(next_definition(name)))

#pragma GCC visibility push(default)

namespace std {

void _Rb_tree_insert_and_rebalance(const bool left, _Rb_tree_node_base* node, _Rb_tree_node_base* parent,
                                   _Rb_tree_node_base& header) throw() {
  static auto* const real = REAL_NAMED(void (*)(bool, _Rb_tree_node_base*, _Rb_tree_node_base*, _Rb_tree_node_base&),
                                       "_ZSt29_Rb_tree_insert_and_rebalancebPSt18_Rb_tree_node_baseS0_RS_");
  if (modelled()) {
    note(node);
    note_upwards(parent, header);
  }
  real(left, node, parent, header);
}

_Rb_tree_node_base* _Rb_tree_rebalance_for_erase(_Rb_tree_node_base* const node, _Rb_tree_node_base& header) throw() {
  static auto* const real = REAL_NAMED(_Rb_tree_node_base* (*)(_Rb_tree_node_base*, _Rb_tree_node_base&),
                                       "_ZSt28_Rb_tree_rebalance_for_erasePSt18_Rb_tree_node_baseRS_");
  if (modelled()) {
    // The node is replaced by the leftmost one of its right subtree; rebalancing begins there.
    _Rb_tree_node_base* lowest = node;
    if (node->_M_left != nullptr && node->_M_right != nullptr)
      for (lowest = node->_M_right; lowest->_M_left != nullptr;) lowest = lowest->_M_left;
    note_upwards(lowest, header);
  }
  return real(node, header);
}

namespace __detail {

void _List_node_base::_M_hook(_List_node_base* const position) noexcept {
  static auto* const real = REAL_NAMED(void (*)(_List_node_base*, _List_node_base*), "_ZNSt8__detail15_List_node_base7_M_hookEPS0_");
  if (modelled()) {
    note(this);
    note(position);
    note(position->_M_prev);
  }
  real(this, position);
}

void _List_node_base::_M_unhook() noexcept {
  static auto* const real = REAL_NAMED(void (*)(_List_node_base*), "_ZNSt8__detail15_List_node_base9_M_unhookEv");
  if (modelled()) {
    note(_M_next);
    note(_M_prev);
  }
  real(this);
}

void _List_node_base::_M_transfer(_List_node_base* const first, _List_node_base* const last) noexcept {
  static auto* const real = REAL_NAMED(void (*)(_List_node_base*, _List_node_base*, _List_node_base*),
                                       "_ZNSt8__detail15_List_node_base11_M_transferEPS0_S1_");
  if (modelled()) {
    for (_List_node_base* node : {static_cast<_List_node_base*>(this), first, last, _M_prev, first->_M_prev, last->_M_prev}) note(node);
  }
  real(this, first, last);
}

void _List_node_base::_M_reverse() noexcept {
  static auto* const real = REAL_NAMED(void (*)(_List_node_base*), "_ZNSt8__detail15_List_node_base10_M_reverseEv");
  if (modelled()) {
    _List_node_base* node = this;
    do {
      note(node);
      node = node->_M_next;
    } while (node != this);
  }
  real(this);
}

void _List_node_base::swap(_List_node_base& x, _List_node_base& y) noexcept {
  static auto* const real = REAL_NAMED(void (*)(_List_node_base&, _List_node_base&), "_ZNSt8__detail15_List_node_base4swapERS0_S1_");
  if (modelled()) {
    for (_List_node_base* node : {&x, &y, x._M_next, x._M_prev, y._M_next, y._M_prev}) note(node);
  }
  real(x, y);
}

}  // namespace __detail
}  // namespace std

#pragma GCC visibility pop
