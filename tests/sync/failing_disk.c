/* SPDX-FileCopyrightText: Townhall contributors
 * SPDX-License-Identifier: EUPL-1.2
 *
 * A disk that fails on command, preloaded before the C library: the n-th call of a kind, and those after it as far as
 * they are told to, on files under $FAILING_DISK return an error. A full disk has room again once a file is removed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { NONE = 0, WRITE = 1, SYNC = 2, READ = 4, RESIZE = 8 };

static int armed_kinds = NONE, armed_error = 0, armed_once = 0, failed = 0;
static long armed_countdown = 0;

/* Let the call number `nth` (from 1) of these kinds fail with `error`; and all later ones, unless `once`. */
void failing_disk_arm(int kinds, long nth, int error, int once)
{
    armed_kinds = kinds;
    armed_countdown = nth;
    armed_error = error;
    armed_once = once;
    failed = 0;
}

/* Return how many calls have failed since it was armed. */
int failing_disk_failed(void)
{
    return failed;
}

static int fails(enum kind kind, int descriptor)
{
    if (!(armed_kinds & kind))
        return 0;
    char link[64], path[4096];
    const char *directory = getenv("FAILING_DISK");
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || directory == NULL)
        return 0;
    path[length] = 0;
    if (strncmp(path, directory, strlen(directory)) != 0)
        return 0;
    if (armed_countdown > 1) {
        armed_countdown--;
        return 0;
    }
    failed++;
    errno = armed_error;
    if (armed_once)
        armed_kinds = NONE;
    return 1;
}

#define REAL(type, name, ...)                                   \
    static type (*real)(__VA_ARGS__) = NULL;                    \
    if (real == NULL)                                           \
        real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name);

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)
    return fails(WRITE, fd) ? -1 : real(fd, data, size, offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)
    return fails(WRITE, fd) ? -1 : real(fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t)
    return fails(WRITE, fd) ? -1 : real(fd, data, size);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset)
{
    REAL(ssize_t, "pread64", int, void *, size_t, off64_t)
    return fails(READ, fd) ? -1 : real(fd, data, size, offset);
}

ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
    REAL(ssize_t, "pread", int, void *, size_t, off_t)
    return fails(READ, fd) ? -1 : real(fd, data, size, offset);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int)
    return fails(SYNC, fd) ? -1 : real(fd);
}

int fsync(int fd)
{
    REAL(int, "fsync", int)
    return fails(SYNC, fd) ? -1 : real(fd);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(int, "ftruncate64", int, off64_t)
    return fails(RESIZE, fd) ? -1 : real(fd, size);
}

int ftruncate(int fd, off_t size)
{
    REAL(int, "ftruncate", int, off_t)
    return fails(RESIZE, fd) ? -1 : real(fd, size);
}

int posix_fallocate64(int fd, off64_t offset, off64_t size)
{
    REAL(int, "posix_fallocate64", int, off64_t, off64_t)
    return fails(WRITE, fd) ? errno : real(fd, offset, size);
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    REAL(int, "posix_fallocate", int, off_t, off_t)
    return fails(WRITE, fd) ? errno : real(fd, offset, size);
}

static int removed(const char *path, int result)
{
    const char *directory = getenv("FAILING_DISK");
    if (result == 0 && armed_error == ENOSPC && directory != NULL && strncmp(path, directory, strlen(directory)) == 0)
        armed_kinds = NONE;
    return result;
}

int unlink(const char *path)
{
    REAL(int, "unlink", const char *)
    return removed(path, real(path));
}

int unlinkat(int fd, const char *path, int flags)
{
    REAL(int, "unlinkat", int, const char *, int)
    return removed(path, real(fd, path, flags));
}
