/* A machine that can be hurt: loaded before the portal and its database (LD_PRELOAD), told by one
   shared page. It keeps what was synced apart (so that power can be lost), fails writes (a full
   disk), moves the clock, and kills its process before its next step on the disk or the network.

   FAULTS_PAGE    the shared page; without it nothing is changed
   FAULTS_SHADOW  where what was synced is kept; without it nothing is kept
   FAULTS_STEPS   set where a process counts its steps
   FAULTS_ROOM    set where a process writes to another disk, which never fills */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct page {
    volatile int32_t writes_failing;
    volatile int32_t steps_left;
    volatile int64_t shift_seconds;
    volatile int32_t killed;
};

static struct page *page;
static const char *shadow;
static int counts;
static int has_room;
static dev_t device;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS_PAGE");
    struct stat told;
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    if (fstat(fd, &told) == 0) {
        void *seen = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        device = told.st_dev;
        /* A copy: PostgreSQL writes its titles over its environment. */
        if (getenv("FAULTS_SHADOW"))
            shadow = strdup(getenv("FAULTS_SHADOW"));
        counts = getenv("FAULTS_STEPS") != NULL;
        has_room = getenv("FAULTS_ROOM") != NULL;
        if (seen != MAP_FAILED)
            page = seen;
    }
    close(fd);
}

/* Only files beside the shared page are hurt: pipes, sockets and other disks are not. */
static int is_ours(int fd) {
    struct stat told;
    return page && fstat(fd, &told) == 0 && S_ISREG(told.st_mode) && told.st_dev == device;
}

static void step(void) {
    if (page && counts && page->steps_left > 0 && __sync_sub_and_fetch(&page->steps_left, 1) == 0) {
        __sync_fetch_and_add(&page->killed, 1);
        kill(getpid(), SIGKILL);
    }
}

/* writes_failing says how many writes more fail; below 0 it is all. */
static int fails(int fd) {
    if (!page || (!page->writes_failing && !(counts && page->steps_left > 0)) || !is_ours(fd))
        return 0;
    step();
    if (!page->writes_failing || has_room)
        return 0;
    if (page->writes_failing > 0)
        __sync_sub_and_fetch(&page->writes_failing, 1);
    errno = ENOSPC;
    return 1;
}

/* What was synced */

static void copy_entries(int from, int to) {
    char line[4096];
    struct dirent *entry;
    DIR *folder = fdopendir(from);
    while (folder && (entry = readdir(folder))) {
        int length = snprintf(line, sizeof line, "%lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            syscall(SYS_write, to, line, length);
    }
    if (folder)
        closedir(folder);
}

static void copy_bytes(int from, int to) {
    while (sendfile(to, from, NULL, 1 << 30) > 0)
        ;
}

/* One at a time for each file: an older copy must never replace a newer one. */
static void keep(int fd) {
    char name[4096], new[4096], opened[64];
    struct stat told;
    int lock, from, to, is_folder;
    if (!page || !shadow || fstat(fd, &told) || told.st_dev != device)
        return;
    is_folder = S_ISDIR(told.st_mode);
    if (!is_folder && !S_ISREG(told.st_mode))
        return;
    snprintf(name, sizeof name, "%s/%lu", shadow, (unsigned long)told.st_ino);
    snprintf(new, sizeof new, "%s.lock", name);
    lock = open(new, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    fchmod(lock, 0666);
    flock(lock, LOCK_EX);
    snprintf(new, sizeof new, "%s.new", name);
    snprintf(opened, sizeof opened, "/proc/self/fd/%d", fd);
    from = open(opened, O_RDONLY | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0));
    syscall(SYS_unlink, new);
    to = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (from >= 0 && to >= 0) {
        if (is_folder)
            copy_entries(from, to);
        else
            copy_bytes(from, to);
        syscall(SYS_rename, new, name);
    }
    if (from >= 0 && !is_folder)
        close(from);
    close(to);
    close(lock);
}

static int sync_file(long call, int fd) {
    int done;
    step();
    done = syscall(call, fd);
    if (done == 0)
        keep(fd);
    return done;
}

int fsync(int fd) { return sync_file(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file(SYS_fdatasync, fd); }

/* What a step is, and what fails on a full disk */

ssize_t write(int fd, const void *bytes, size_t count) {
    return fails(fd) ? -1 : syscall(SYS_write, fd, bytes, count);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, count, at);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    return fails(fd) ? -1 : syscall(SYS_writev, fd, parts, count);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    return fails(fd) ? -1 : syscall(SYS_pwritev, fd, parts, count, at, 0);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    return fails(fd) ? -1 : syscall(SYS_pwritev, fd, parts, count, at, 0);
}
int posix_fallocate(int fd, off_t at, off_t count) {
    if (fails(fd))
        return ENOSPC;
    return syscall(SYS_fallocate, fd, 0, at, count) == 0 ? 0 : errno;
}
int posix_fallocate64(int fd, off64_t at, off64_t count) { return posix_fallocate(fd, at, count); }
int rename(const char *old, const char *new) {
    step();
    return syscall(SYS_rename, old, new);
}
int unlink(const char *name) {
    step();
    return syscall(SYS_unlink, name);
}
ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    step();
    return syscall(SYS_sendto, fd, bytes, count, flags, NULL, 0);
}

/* The clock on the wall; the one that only goes on is left alone. */

int clock_gettime(clockid_t which, struct timespec *at) {
    int done = syscall(SYS_clock_gettime, which, at);
    if (done == 0 && page && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        at->tv_sec += page->shift_seconds;
    return done;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told)
        *told = now.tv_sec;
    return now.tv_sec;
}
