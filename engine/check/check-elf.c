/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads the few parts of an ELF file that matter here. The file is not trusted: every offset is
 * looked at before it is used.
 */

#include "check/check-elf.h"

#include "base/error.h"
#include "base/fd.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#define ELF_SIZE_LIMIT ((gsize) 256 * 1024 * 1024)

typedef struct {
	const char *path;
	char *data;
	gsize size;
} Image;

static gboolean
image_bad (const Image *image, const char *what, GError **error)
{
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "plugin \"%s\": %s", image->path, what);
}

/* count entries of size at offset, or NULL if they are not all in the file. */
static const void *
image_at (const Image *image, guint64 offset, guint64 count, gsize size)
{
	if (offset > image->size || count > image->size / size ||
	    count * size > image->size - offset || offset % sizeof (gpointer) != 0)
		return NULL;
	return image->data + offset;
}

/* A string of a table; "" if it does not end within it. */
static const char *
string_at (const Image *image, const ElfW (Shdr) * table, guint64 offset)
{
	const char *begin;

	if (table->sh_offset > image->size || table->sh_size > image->size - table->sh_offset ||
	    offset >= table->sh_size)
		return "";
	begin = image->data + table->sh_offset + offset;
	return memchr (begin, '\0', table->sh_size - offset) != NULL ? begin : "";
}

static void
symbols_read (const Image *image, const ElfW (Shdr) * section, const ElfW (Shdr) * strings,
	      DavitCheckElf *elf)
{
	guint64 count = section->sh_size / sizeof (ElfW (Sym));
	const ElfW (Sym) *symbols = (const ElfW (Sym) *) image_at (image, section->sh_offset, count,
								   sizeof (ElfW (Sym)));

	for (guint64 i = 1; symbols != NULL && i < count; i++) {
		guint binding = ELF64_ST_BIND (symbols[i].st_info);
		guint visibility = ELF64_ST_VISIBILITY (symbols[i].st_other);
		const char *name = string_at (image, strings, symbols[i].st_name);

		if (symbols[i].st_shndx == SHN_UNDEF)
			g_ptr_array_add (elf->wanted, g_strdup (name));
		else if (binding != STB_LOCAL && visibility != STV_HIDDEN &&
			 visibility != STV_INTERNAL)
			g_ptr_array_add (elf->exported, g_strdup (name));
	}
}

static void
dynamic_read (const Image *image, const ElfW (Shdr) * section, const ElfW (Shdr) * strings,
	      DavitCheckElf *elf)
{
	guint64 count = section->sh_size / sizeof (ElfW (Dyn));
	const ElfW (Dyn) *entries = (const ElfW (Dyn) *) image_at (image, section->sh_offset, count,
								   sizeof (ElfW (Dyn)));

	for (guint64 i = 0; entries != NULL && i < count && entries[i].d_tag != DT_NULL; i++) {
		if (entries[i].d_tag != DT_RPATH && entries[i].d_tag != DT_RUNPATH)
			continue;
		g_free (elf->search_path);
		elf->search_path = g_strdup (string_at (image, strings, entries[i].d_un.d_val));
	}
}

static gboolean
sections_read (const Image *image, const ElfW (Ehdr) * header, DavitCheckElf *elf, GError **error)
{
	const ElfW (Shdr) *sections =
		(const ElfW (Shdr) *) image_at (image, header->e_shoff, header->e_shnum,
						sizeof (ElfW (Shdr)));
	gboolean found = FALSE;

	if (sections == NULL)
		return image_bad (image, "its table of sections is not in the file", error);
	for (guint i = 0; i < header->e_shnum; i++) {
		const ElfW (Shdr) *section = &sections[i];

		if (section->sh_link >= header->e_shnum)
			continue;
		if (section->sh_type == SHT_DYNSYM) {
			symbols_read (image, section, &sections[section->sh_link], elf);
			found = TRUE;
		} else if (section->sh_type == SHT_DYNAMIC) {
			dynamic_read (image, section, &sections[section->sh_link], elf);
		}
	}
	return found || image_bad (image, "it has no table of dynamic symbols", error);
}

static gboolean
segments_read (const Image *image, const ElfW (Ehdr) * header, DavitCheckElf *elf, GError **error)
{
	const ElfW (Phdr) *segments =
		(const ElfW (Phdr) *) image_at (image, header->e_phoff, header->e_phnum,
						sizeof (ElfW (Phdr)));

	if (segments == NULL)
		return image_bad (image, "its table of segments is not in the file", error);
	for (guint i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_GNU_STACK && (segments[i].p_flags & PF_X) != 0)
			elf->executable_stack = TRUE;
	}
	return TRUE;
}

static gboolean
header_check (const Image *image, GError **error)
{
	const ElfW (Ehdr) *header = (const ElfW (Ehdr) *) image->data;
	const guchar class = sizeof (gpointer) == 8 ? ELFCLASS64 : ELFCLASS32;

	if (image->size < sizeof *header || memcmp (header->e_ident, ELFMAG, SELFMAG) != 0)
		return image_bad (image, "it is no ELF file", error);
	if (header->e_ident[EI_CLASS] != class || header->e_type != ET_DYN)
		return image_bad (image, "it is no shared object for this machine", error);
	if (header->e_shentsize != sizeof (ElfW (Shdr)) ||
	    header->e_phentsize != sizeof (ElfW (Phdr)))
		return image_bad (image, "its tables have entries of an odd size", error);
	return TRUE;
}

DavitCheckElf *
davit_check_elf_read (const char *path, GError **error)
{
	davit_autofd fd = open (path, O_RDONLY | O_CLOEXEC);
	g_autoptr (DavitCheckElf) elf = g_new0 (DavitCheckElf, 1);
	g_autofree char *data = NULL;
	Image image = {.path = path};
	const ElfW (Ehdr) * header;

	elf->exported = g_ptr_array_new_with_free_func (g_free);
	elf->wanted = g_ptr_array_new_with_free_func (g_free);
	if (fd < 0) {
		davit_error_errno (error, errno, "plugin \"%s\"", path);
		return NULL;
	}
	if (!davit_fd_read (fd, ELF_SIZE_LIMIT, path, &data, &image.size, error))
		return NULL;
	image.data = data;
	if (!header_check (&image, error))
		return NULL;
	header = (const ElfW (Ehdr) *) data;
	if (!sections_read (&image, header, elf, error) ||
	    !segments_read (&image, header, elf, error))
		return NULL;
	g_ptr_array_add (elf->exported, NULL);
	g_ptr_array_add (elf->wanted, NULL);
	return g_steal_pointer (&elf);
}

void
davit_check_elf_free (DavitCheckElf *elf)
{
	if (elf == NULL)
		return;
	g_ptr_array_unref (elf->exported);
	g_ptr_array_unref (elf->wanted);
	g_free (elf->search_path);
	g_free (elf);
}
