/* SPDX-FileCopyrightText: Townhall contributors
 * SPDX-License-Identifier: EUPL-1.2
 *
 * A driver for pcscd that stands before that of virtual readers and gives each of them keys (PC/SC part 10): whoever
 * listens on the socket beside this file says what is pressed. The structures are pcsc-lite's own.
 *
 * A line goes out for each entry:    verify|modify TIMEOUT LANGUAGE SHORTEST LONGEST MESSAGES CONFIRM ENDS-BY
 * A line comes back:                 enter DIGITS [DIGITS [DIGITS]]
 *                                    answer HEX      (of the reader itself: no command goes to the card)
 *                                    nothing         (then the reader waits for its time to run out)
 * Questions about the reader go out as "control CODE"; "bytes HEX" or "refuse" comes back. */
#define _GNU_SOURCE
#include <PCSC/ifdhandler.h>
#include <PCSC/reader.h>
#include <arpa/inet.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define VERIFY 0x42330006
#define MODIFY 0x42330007
#define LINE 512
#define LONGEST_COMMAND 261

static const char *own_path(void) {
	Dl_info found;
	return dladdr((void *)own_path, &found) ? found.dli_fname : "";
}

static void *inner(const char *name) {
	static void *driver;
	if (!driver) {
		char path[LINE];
		snprintf(path, sizeof path, "%s.inner", own_path());
		driver = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (!driver)
			abort();
	}
	void *function = dlsym(driver, name);
	if (!function)
		abort();
	return function;
}

#define PASS(name, types, values) \
	RESPONSECODE name types { return ((RESPONSECODE(*) types)inner(#name)) values; }

PASS(IFDHCreateChannelByName, (DWORD Lun, LPSTR Name), (Lun, Name))
PASS(IFDHCreateChannel, (DWORD Lun, DWORD Channel), (Lun, Channel))
PASS(IFDHCloseChannel, (DWORD Lun), (Lun))
PASS(IFDHGetCapabilities, (DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value), (Lun, Tag, Length, Value))
PASS(IFDHSetCapabilities, (DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value), (Lun, Tag, Length, Value))
PASS(IFDHSetProtocolParameters, (DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR P1, UCHAR P2, UCHAR P3),
     (Lun, Protocol, Flags, P1, P2, P3))
PASS(IFDHPowerICC, (DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD Length), (Lun, Action, Atr, Length))
PASS(IFDHICCPresence, (DWORD Lun), (Lun))
PASS(IFDHTransmitToICC,
     (DWORD Lun, SCARD_IO_HEADER Send, PUCHAR Tx, DWORD TxLength, PUCHAR Rx, PDWORD RxLength, PSCARD_IO_HEADER Recv),
     (Lun, Send, Tx, TxLength, Rx, RxLength, Recv))

/* Tell whoever presses the keys what is asked, and return the line to hear it on; -1: nobody is there. */
static int say(const char *asked) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int written = snprintf(address.sun_path, sizeof address.sun_path, "%s.keys", own_path());
	int keys = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (written >= (int)sizeof address.sun_path || keys < 0 ||
	    connect(keys, (struct sockaddr *)&address, sizeof address) ||
	    write(keys, asked, strlen(asked)) != (ssize_t)strlen(asked)) {
		close(keys);
		return -1;
	}
	return keys;
}

static double now(void) {
	struct timespec read;
	clock_gettime(CLOCK_MONOTONIC, &read);
	return read.tv_sec + read.tv_nsec / 1e9;
}

/* Wait for a line while the card is in: 1 a line, 0 the time has run out, -1 the card left. */
static int hear(DWORD lun, int keys, double until, char *line) {
	size_t length = 0;
	for (;;) {
		struct pollfd wait = {.fd = keys, .events = POLLIN};
		if (poll(&wait, 1, 50) > 0) {
			ssize_t got = read(keys, line + length, LINE - 1 - length);
			if (got <= 0)
				wait.revents = 0, usleep(50000); /* hung up: nothing is pressed any more */
			else
				length += got;
			line[length] = 0;
			if (got > 0 && line[length - 1] == '\n')
				return 1;
		}
		if (IFDHICCPresence(lun) != IFD_ICC_PRESENT)
			return -1;
		if (now() >= until)
			return 0;
	}
}

static DWORD from_hex(const char *digits, PUCHAR out, DWORD most) {
	unsigned byte;
	DWORD count = 0;
	for (; count < most && sscanf(digits, "%2x", &byte) == 1; digits += 2)
		out[count++] = (UCHAR)byte;
	return count;
}

/* Write one PIN into the command: only what the tables of the standard say, in bits from the first data byte on. */
static void put_bits(PUCHAR data, unsigned at, unsigned width, unsigned value) {
	for (unsigned bit = 0; bit < width; bit++, at++) {
		UCHAR mask = 0x80 >> (at % 8);
		data[at / 8] = value >> (width - 1 - bit) & 1 ? data[at / 8] | mask : data[at / 8] & ~mask;
	}
}

static void put_pin(PUCHAR data, const char *digits, UCHAR format, UCHAR block, UCHAR length) {
	unsigned unit = format & 0x80 ? 8 : 1, at = (format >> 3 & 0x0F) * unit, width = (format & 3) == 1 ? 4 : 8;
	for (const char *digit = digits; *digit; digit++, at += width)
		put_bits(data, at, width, width == 4 ? *digit - '0' : *digit);
	if (block >> 4)
		put_bits(data, (length & 0x0F) * (length & 0x10 ? 8 : 1), block >> 4, strlen(digits));
}

static RESPONSECODE status(PUCHAR rx, DWORD most, LPDWORD returned, UCHAR high, UCHAR low) {
	if (most < 2)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	rx[0] = high, rx[1] = low, *returned = 2;
	return IFD_SUCCESS;
}

static RESPONSECODE entry(DWORD lun, int is_change, PUCHAR tx, DWORD length, PUCHAR rx, DWORD most, LPDWORD returned) {
	PIN_VERIFY_STRUCTURE *verify = (PIN_VERIFY_STRUCTURE *)tx;
	PIN_MODIFY_STRUCTURE *modify = (PIN_MODIFY_STRUCTURE *)tx;
	DWORD head = is_change ? sizeof *modify : sizeof *verify;
	if (length < head)
		return status(rx, most, returned, 0x6B, 0x80);
	DWORD size = is_change ? modify->ulDataLength : verify->ulDataLength;
	if (size != length - head || size < 4 || size > LONGEST_COMMAND)
		return status(rx, most, returned, 0x6B, 0x80);
	unsigned both = is_change ? modify->wPINMaxExtraDigit : verify->wPINMaxExtraDigit;
	unsigned confirm = is_change ? modify->bConfirmPIN : 0;
	char asked[LINE], line[LINE] = "", pins[3][32] = {"", "", ""};
	snprintf(asked, sizeof asked, "%s %u %u %u %u %u %u %u\n", is_change ? "modify" : "verify", tx[0],
	         is_change ? modify->wLangId : verify->wLangId, both >> 8, both & 0xFF,
	         is_change ? modify->bNumberMessage : verify->bNumberMessage, confirm,
	         is_change ? modify->bEntryValidationCondition : verify->bEntryValidationCondition);
	int keys = say(asked);
	double until = now() + tx[0];
	int heard = keys < 0 ? 0 : hear(lun, keys, until, line);
	if (heard > 0 && !strncmp(line, "nothing", 7))
		heard = hear(lun, keys, until, line);
	close(keys);
	if (heard < 0)
		return IFD_COMMUNICATION_ERROR;
	if (!heard)
		return status(rx, most, returned, 0x64, 0x00);
	if (!strncmp(line, "answer ", 7)) {
		*returned = from_hex(line + 7, rx, most);
		return IFD_SUCCESS;
	}
	int entered = sscanf(line, "enter %31[0-9] %31[0-9] %31[0-9]", pins[0], pins[1], pins[2]);
	int wanted = !is_change ? 1 : confirm == 3 ? 3 : confirm == 1 || confirm == 2 ? 2 : 1;
	if (entered != wanted)
		return status(rx, most, returned, 0x64, 0x01);
	for (int each = 0; each < entered; each++)
		if (strlen(pins[each]) < both >> 8 || strlen(pins[each]) > (both & 0xFF))
			return status(rx, most, returned, 0x64, 0x03);
	if (confirm & 1 && strcmp(pins[entered - 1], pins[entered - 2]))
		return status(rx, most, returned, 0x64, 0x02);
	UCHAR command[LONGEST_COMMAND], answer[LONGEST_COMMAND];
	memcpy(command, tx + head, size);
	if (size == 4) /* nothing but digits: the reader writes how many */
		command[4] = strlen(pins[0]), size = 5 + command[4];
	if (is_change) {
		UCHAR format = modify->bmFormatString, block = modify->bmPINBlockString, where = modify->bmPINLengthFormat;
		if (confirm & 2)
			put_pin(command + 5 + modify->bInsertionOffsetOld, pins[0], format, block, where);
		put_pin(command + 5 + modify->bInsertionOffsetNew, pins[entered - 1], format, block, where);
	} else
		put_pin(command + 5, pins[0], verify->bmFormatString, verify->bmPINBlockString, verify->bmPINLengthFormat);
	SCARD_IO_HEADER header = {0, 0};
	DWORD got = sizeof answer;
	RESPONSECODE done = IFDHTransmitToICC(lun, header, command, size, answer, &got, &header);
	memset(command, 0, sizeof command), memset(pins, 0, sizeof pins), memset(line, 0, sizeof line);
	if (done != IFD_SUCCESS || got < 2)
		return IFD_COMMUNICATION_ERROR;
	return status(rx, most, returned, answer[got - 2], answer[got - 1]);
}

RESPONSECODE IFDHControl(DWORD Lun, DWORD Code, PUCHAR Tx, DWORD TxLength, PUCHAR Rx, DWORD RxLength, LPDWORD Returned) {
	char asked[LINE], line[LINE] = "";
	*Returned = 0;
	if (Code == VERIFY || Code == MODIFY)
		return entry(Lun, Code == MODIFY, Tx, TxLength, Rx, RxLength, Returned);
	snprintf(asked, sizeof asked, "control %08lX\n", Code);
	int keys = say(asked);
	int heard = keys < 0 ? 0 : hear(Lun, keys, now() + 5, line);
	close(keys);
	if (heard <= 0 || strncmp(line, "bytes ", 6))
		return heard < 0 ? IFD_COMMUNICATION_ERROR : IFD_ERROR_NOT_SUPPORTED;
	*Returned = from_hex(line + 6, Rx, RxLength);
	return IFD_SUCCESS;
}
