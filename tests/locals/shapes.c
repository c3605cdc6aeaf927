/* The shapes that C programs have. LEVEL: at_ and the level of optimisation. */
#include <pthread.h>
#include <stdbool.h>

#define JOINED(shape, level) shape##_##level
#define OF(shape, level) JOINED(shape, level)
#define NAME(shape) OF(shape, LEVEL)

typedef struct {
  int first, second;
} Pair;
typedef struct {
  int before;
  Pair pairs[3];
} Nested;

static void* set_member(void* p) {
  ((Pair*)p)->second = 1;
  return 0;
}
static void* set_element(void* p) {
  ((int*)p)[2] = 1;
  return 0;
}
static void* set_nested(void* p) {
  ((Nested*)p)->pairs[1].second = 1;
  return 0;
}

void NAME(c_member)(bool ordered) {
  Pair p = {0, 0};
  pthread_t other;
  pthread_create(&other, 0, set_member, &p);
  if (ordered) pthread_join(other, 0);
  p.second = 2;
  if (!ordered) pthread_join(other, 0);
}

void NAME(c_element)(bool ordered) {
  int a[4] = {0};
  pthread_t other;
  pthread_create(&other, 0, set_element, a);
  if (ordered) pthread_join(other, 0);
  a[2] = 2;
  if (!ordered) pthread_join(other, 0);
}

void NAME(c_nested)(bool ordered) {
  Nested n = {0};
  pthread_t other;
  pthread_create(&other, 0, set_nested, &n);
  if (ordered) pthread_join(other, 0);
  n.pairs[1].second = 2;
  if (!ordered) pthread_join(other, 0);
}
