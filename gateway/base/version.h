/* SPDX-License-Identifier: Apache-2.0 */
/* version.h - which program this is. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define GUICHET_VERSION "0.1"

#endif
