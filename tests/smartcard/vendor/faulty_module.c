/* SPDX-FileCopyrightText: Townhall contributors
 * SPDX-License-Identifier: EUPL-1.2
 *
 * A PKCS#11 module that passes everything on to the one in $REAL_MODULE, but for the fault in $MODULE_FAULT. What reaches
 * it is told to the Unix socket in $MODULE_LOG, a line a connection: a module may write no file. Its slots have the
 * description in $MODULE_READER, if that is set.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef unsigned long ulong_t;
struct version { unsigned char major, minor; };
struct functions { struct version version; void *call[68]; };
struct attribute { ulong_t type; void *value; ulong_t length; };

/* Places in CK_FUNCTION_LIST (PKCS#11 v2.40, §5.1). */
enum { INITIALIZE = 0, GET_SLOT_LIST = 4, GET_SLOT_INFO = 5, GET_TOKEN_INFO = 6, GET_MECHANISM_LIST = 7, LOGIN = 18,
       GET_ATTRIBUTE = 24, SIGN = 43 };
enum { SLOT_DESCRIPTION_BYTES = 64, TOKEN_FLAGS_AT = 96 };
enum { USER_PIN_INITIALIZED = 0x8, PIN_PAD = 0x100, COUNT_LOW = 0x10000, FINAL_TRY = 0x20000, LOCKED = 0x40000,
       TO_BE_CHANGED = 0x80000 };
enum { CKA_VALUE = 0x11, CKA_ALWAYS_AUTHENTICATE = 0x202, CONTEXT_SPECIFIC = 2 };
enum { DEVICE_REMOVED = 0x32, PIN_INCORRECT = 0xA0, PIN_LOCKED = 0xA4, PIN_EXPIRED = 0xA3, PIN_LEN_RANGE = 0xA2, TOKEN_NOT_PRESENT = 0xE0,
       OF_ITS_OWN = 0x80001234, REACHED = 0x80004321 };

static struct functions real, ours;

static int is(const char *fault)
{
    const char *told = getenv("MODULE_FAULT");
    return told != NULL && strcmp(told, fault) == 0;
}

static void tell(const char *what)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("MODULE_LOG");
    if (path == NULL)
        return;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int line = socket(AF_UNIX, SOCK_STREAM, 0);
    if (line >= 0 && connect(line, (struct sockaddr *)&address, sizeof address) == 0)
        (void)!write(line, what, strlen(what));
    close(line);
}

static void misbehave(const char *where)
{
    char fault[64];
    snprintf(fault, sizeof fault, "crash in %s", where);
    if (is(fault))
        raise(SIGSEGV);
    snprintf(fault, sizeof fault, "exit in %s", where);
    if (is(fault))
        exit(0);
    snprintf(fault, sizeof fault, "hang in %s", where);
    while (is(fault))
        pause();
    snprintf(fault, sizeof fault, "leak in %s", where);
    while (is(fault))
        memset(malloc(1 << 24), 1, 1 << 24);
    snprintf(fault, sizeof fault, "loop in %s", where);
    for (volatile int loops = is(fault); loops;)
        ;
}

/* What a hostile module would try with a PIN in its hands; 1 if anything of it was possible. */
static int reaches_out(const char *pin, ulong_t length)
{
    char path[64];
    const char *file = getenv("MODULE_FILE");
    int reached = 0, descriptor;
    printf("PIN %.*s\n", (int)length, pin);
    fflush(stdout);
    fprintf(stderr, "PIN %.*s\n", (int)length, pin);
    if (file != NULL && (descriptor = open(file, O_WRONLY | O_CREAT, 0600)) >= 0) {
        (void)!write(descriptor, pin, length);
        tell("wrote a file");
        reached = 1;
    }
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0) {
        tell("opened an internet socket");
        reached = 1;
    }
    snprintf(path, sizeof path, "/proc/%d/mem", (int)getppid());
    if (open(path, O_RDONLY) >= 0) {
        tell("opened the memory of its parent");
        reached = 1;
    }
    if (fork() >= 0) {
        tell("made a process");
        reached = 1;
    }
    return reached;
}

static ulong_t initialize(void *arguments)
{
    tell("initialize");
    misbehave("initialize");
    if (is("refuse to initialize"))
        return OF_ITS_OWN;
    return ((ulong_t (*)(void *))real.call[INITIALIZE])(arguments);
}

static ulong_t get_slot_list(unsigned char present, ulong_t *slots, ulong_t *count)
{
    ulong_t result = ((ulong_t (*)(unsigned char, ulong_t *, ulong_t *))real.call[GET_SLOT_LIST])(present, slots, count);
    if (is("countless slots") && slots == NULL)
        *count = 1ul << 60;
    return result;
}

static ulong_t get_slot_info(ulong_t slot, char *info)
{
    ulong_t result = ((ulong_t (*)(ulong_t, char *))real.call[GET_SLOT_INFO])(slot, info);
    const char *reader = getenv("MODULE_READER");
    if (reader != NULL) {
        memset(info, ' ', SLOT_DESCRIPTION_BYTES);
        memcpy(info, reader, strnlen(reader, SLOT_DESCRIPTION_BYTES));
    }
    return result;
}

static ulong_t get_token_info(ulong_t slot, char *info)
{
    static int asked = 0;
    ulong_t result = ((ulong_t (*)(ulong_t, char *))real.call[GET_TOKEN_INFO])(slot, info);
    ulong_t *flags = (ulong_t *)(info + TOKEN_FLAGS_AT);
    if (is("locked"))
        *flags |= LOCKED;
    if (is("final try"))
        *flags |= FINAL_TRY;
    if (is("count low"))
        *flags |= COUNT_LOW;
    if (is("to be changed"))
        *flags |= TO_BE_CHANGED;
    if (is("not initialised"))
        *flags &= ~(ulong_t)USER_PIN_INITIALIZED;
    if (is("pin pad") || is("pin pad each time"))
        *flags |= PIN_PAD;
    if (is("another card") && ++asked > 1)
        memset(info + 80, '9', 16); /* its serial number */
    if (is("nonsense"))
        memset(info, 0xFF, TOKEN_FLAGS_AT);
    return result;
}

static ulong_t login(ulong_t session, ulong_t user, char *pin, ulong_t length)
{
    char line[64];
    static char entered[] = "123456";
    snprintf(line, sizeof line, "login %lu %lu%s", user, length, pin == NULL ? " at the reader" : "");
    tell(line);
    misbehave("login");
    if (is("reach out") && reaches_out(pin, length))
        return REACHED;
    if (is("removed at login"))
        return TOKEN_NOT_PRESENT;
    if (is("locked at login"))
        return PIN_LOCKED;
    if (is("expired at login"))
        return PIN_EXPIRED;
    if (is("length at login"))
        return PIN_LEN_RANGE;
    if (is("another PIN each time") && user == CONTEXT_SPECIFIC)
        return PIN_INCORRECT;
    if (is("pin pad") && pin == NULL)
        return ((ulong_t (*)(ulong_t, ulong_t, char *, ulong_t))real.call[LOGIN])(session, user, entered, 6);
    return ((ulong_t (*)(ulong_t, ulong_t, char *, ulong_t))real.call[LOGIN])(session, user, pin, length);
}

static ulong_t get_attribute(ulong_t session, ulong_t object, struct attribute *wanted, ulong_t count)
{
    ulong_t result =
        ((ulong_t (*)(ulong_t, ulong_t, struct attribute *, ulong_t))real.call[GET_ATTRIBUTE])(session, object, wanted, count);
    for (ulong_t each = 0; each < count; each++) {
        if (is("endless certificate") && wanted[each].type == CKA_VALUE)
            wanted[each].length = 1ul << 50;
        if (is("no certificate") && wanted[each].type == CKA_VALUE && wanted[each].value != NULL)
            memset(wanted[each].value, 0xFF, wanted[each].length);
        if (is("pin pad each time") && wanted[each].type == CKA_ALWAYS_AUTHENTICATE && wanted[each].value != NULL)
            *(unsigned char *)wanted[each].value = 1;
    }
    return result;
}

static ulong_t sign(ulong_t session, char *data, ulong_t length, unsigned char *signature, ulong_t *signature_length)
{
    if (signature == NULL)
        tell("sign");
    misbehave("sign");
    if (is("removed while signing"))
        return DEVICE_REMOVED;
    if (is("return value of its own"))
        return OF_ITS_OWN;
    ulong_t result = ((ulong_t (*)(ulong_t, char *, ulong_t, unsigned char *, ulong_t *))real.call[SIGN])(
        session, data, length, signature, signature_length);
    if (signature == NULL)
        return result;
    if (is("signature too long"))
        *signature_length = 1ul << 50;
    if (is("signature too short"))
        *signature_length /= 2;
    if (is("no signature"))
        *signature_length = 0;
    if (is("wrong signature"))
        signature[3] ^= 1;
    return result;
}

ulong_t C_GetFunctionList(struct functions **list)
{
    struct functions *found;
    misbehave("load");
    void *module = dlopen(getenv("REAL_MODULE"), RTLD_NOW);
    if (module == NULL)
        return OF_ITS_OWN;
    ulong_t (*get)(struct functions **) = (ulong_t (*)(struct functions **))dlsym(module, "C_GetFunctionList");
    ulong_t result = get(&found);
    if (result != 0)
        return result;
    real = ours = *found;
    ours.call[INITIALIZE] = (void *)initialize;
    ours.call[GET_SLOT_LIST] = (void *)get_slot_list;
    ours.call[GET_SLOT_INFO] = (void *)get_slot_info;
    ours.call[GET_TOKEN_INFO] = (void *)get_token_info;
    ours.call[LOGIN] = (void *)login;
    ours.call[GET_ATTRIBUTE] = (void *)get_attribute;
    ours.call[SIGN] = (void *)sign;
    *list = &ours;
    return 0;
}
