// Replaces operator new and delete, and OpenSSL's allocator, with versions that wipe freed memory. A separate object
// library: programs link it; tests under sanitizers, which bring their own allocators, do not.
#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>

#include <cstdlib>
#include <new>

namespace minions::crypto {
void note_wiping_allocator();
}

namespace {

void wipe_and_free(void* memory) noexcept {
  if (memory == nullptr) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  std::free(memory);
}

void* allocate(std::size_t size) {
  for (;;) {
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void* allocate_aligned(std::size_t size, std::align_val_t alignment) {
  void* memory = nullptr;
  if (posix_memalign(&memory, static_cast<std::size_t>(alignment), size == 0 ? 1 : size) != 0) throw std::bad_alloc();
  return memory;
}

void* openssl_allocate(std::size_t size, const char*, int) { return size == 0 ? nullptr : std::malloc(size); }
void openssl_free(void* memory, const char*, int) { wipe_and_free(memory); }
void* openssl_reallocate(void* memory, std::size_t size, const char*, int) {
  if (size == 0) {
    wipe_and_free(memory);
    return nullptr;
  }
  if (memory == nullptr) return std::malloc(size);
  const std::size_t old_size = malloc_usable_size(memory);
  if (old_size >= size) return memory;
  void* larger = std::malloc(size);
  if (larger == nullptr) return nullptr;
  memcpy(larger, memory, old_size);
  wipe_and_free(memory);
  return larger;
}

// Must run before OpenSSL allocates anything, so before main.
[[gnu::constructor]] void install() {
  if (CRYPTO_set_mem_functions(openssl_allocate, openssl_reallocate, openssl_free) == 1)
    minions::crypto::note_wiping_allocator();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate_aligned(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return allocate_aligned(size, alignment); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void operator delete(void* memory) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { wipe_and_free(memory); }
