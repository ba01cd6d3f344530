/* SPDX-License-Identifier: MIT
 * Marks the public interface. A header is public if its declarations are
 * between MT_API_BEGIN and MT_API_END: it is installed, C++ can include it, and
 * libmt.so exports its functions. Every other symbol is hidden there. A public
 * header includes only public ones. */
#ifndef MT_BASE_API_H
#define MT_BASE_API_H

#ifdef __cplusplus
#define MT_API_BEGIN extern "C" { _Pragma("GCC visibility push(default)")
#define MT_API_END _Pragma("GCC visibility pop") }
#else
#define MT_API_BEGIN _Pragma("GCC visibility push(default)")
#define MT_API_END _Pragma("GCC visibility pop")
#endif

#endif
