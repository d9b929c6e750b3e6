/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The layout of ABI 1.0 on machines with pointers of 64 bits: where every member of every public
 * struct is, how large it is, and the value of every constant. What is here never changes within a
 * major version. A struct that may grow gets its new members and its new size here, behind the old
 * ones; nothing else is ever edited.
 */

#include <davit/network.h>
#include <davit/runtime.h>
#include <davit/storage.h>

#include <stdio.h>

typedef struct {
	const char *what;
	gsize now;
	gsize pinned;
} Pin;

#define OFFSET(type_, member_, offset_)                                                            \
	{                                                                                          \
#type_ "." #member_, G_STRUCT_OFFSET(type_, member_), (offset_)                    \
	}
#define SIZE(type_, size_)                                                                         \
	{                                                                                          \
		"sizeof " #type_, sizeof (type_), (size_)                                          \
	}
#define VALUE(name_, value_)                                                                       \
	{                                                                                          \
#name_, (name_), (value_)                                                          \
	}

static const Pin pins[] = {
	VALUE (DAVIT_ERROR_FAILED, 0),
	VALUE (DAVIT_ERROR_USAGE, 1),
	VALUE (DAVIT_ERROR_CONFIG, 2),
	VALUE (DAVIT_ERROR_NOT_FOUND, 3),
	VALUE (DAVIT_ERROR_EXISTS, 4),
	VALUE (DAVIT_ERROR_BUSY, 5),
	VALUE (DAVIT_ERROR_STATE, 6),
	VALUE (DAVIT_ERROR_UNSUPPORTED, 7),
	VALUE (DAVIT_ERROR_UNAVAILABLE, 8),
	VALUE (DAVIT_ERROR_PERMISSION, 9),
	VALUE (DAVIT_ERROR_IO, 10),
	VALUE (DAVIT_ERROR_NO_SPACE, 11),
	VALUE (DAVIT_ERROR_CORRUPT, 12),
	VALUE (DAVIT_ERROR_TIMEOUT, 13),
	VALUE (DAVIT_ERROR_CANCELLED, 14),
	VALUE (DAVIT_ERROR_NETWORK, 15),
	VALUE (DAVIT_ERROR_AUTH, 16),
	VALUE (DAVIT_ERROR_HELPER, 17),
	VALUE (DAVIT_ERROR_PLUGIN_FILE, 18),
	VALUE (DAVIT_ERROR_PLUGIN_LOAD, 19),
	VALUE (DAVIT_ERROR_PLUGIN_ABI, 20),
	VALUE (DAVIT_ERROR_PLUGIN_CONTRACT, 21),
	VALUE (DAVIT_ERROR_NOT_EXECUTABLE, 22),
	VALUE (DAVIT_ERROR_NO_PROGRAM, 23),

	VALUE (DAVIT_KIND_STORAGE, 1),
	VALUE (DAVIT_KIND_NETWORK, 2),
	VALUE (DAVIT_KIND_RUNTIME, 3),
	VALUE (DAVIT_KIND_CHECKPOINT, 4),

	VALUE (DAVIT_OPTION_STRING, 1),
	VALUE (DAVIT_OPTION_BOOLEAN, 2),
	VALUE (DAVIT_OPTION_INTEGER, 3),
	VALUE (DAVIT_OPTION_SIZE, 4),
	VALUE (DAVIT_OPTION_DURATION, 5),
	VALUE (DAVIT_OPTION_CHOICE, 6),
	VALUE (DAVIT_OPTION_PATH, 7),
	VALUE (DAVIT_OPTION_LIST, 8),

	OFFSET (DavitOption, key, 0),
	OFFSET (DavitOption, type, 8),
	OFFSET (DavitOption, fallback, 16),
	OFFSET (DavitOption, choices, 24),
	OFFSET (DavitOption, help, 32),
	SIZE (DavitOption, 40),

	OFFSET (DavitPlugin, magic, 0),
	OFFSET (DavitPlugin, abi_major, 4),
	OFFSET (DavitPlugin, abi_minor, 6),
	OFFSET (DavitPlugin, size, 8),
	OFFSET (DavitPlugin, kind, 12),
	OFFSET (DavitPlugin, name, 16),
	OFFSET (DavitPlugin, version, 24),
	OFFSET (DavitPlugin, summary, 32),
	OFFSET (DavitPlugin, license, 40),
	OFFSET (DavitPlugin, options, 48),
	OFFSET (DavitPlugin, ops_size, 56),
	OFFSET (DavitPlugin, flags, 60),
	OFFSET (DavitPlugin, ops, 64),
	SIZE (DavitPlugin, 72),

	OFFSET (DavitFileOps, size, 0),
	OFFSET (DavitFileOps, open_in_root, 8),
	OFFSET (DavitFileOps, open_beneath, 16),
	OFFSET (DavitFileOps, make_directory, 24),
	OFFSET (DavitFileOps, make_file, 32),
	OFFSET (DavitFileOps, read_file, 40),
	OFFSET (DavitFileOps, replace_file, 48),
	OFFSET (DavitFileOps, remove_tree, 56),
	SIZE (DavitFileOps, 64),

	VALUE (DAVIT_JSON_NULL, 0),
	VALUE (DAVIT_JSON_BOOLEAN, 1),
	VALUE (DAVIT_JSON_INTEGER, 2),
	VALUE (DAVIT_JSON_DOUBLE, 3),
	VALUE (DAVIT_JSON_STRING, 4),
	VALUE (DAVIT_JSON_ARRAY, 5),
	VALUE (DAVIT_JSON_OBJECT, 6),

	OFFSET (DavitJsonOps, size, 0),
	OFFSET (DavitJsonOps, parse, 8),
	OFFSET (DavitJsonOps, document_free, 16),
	OFFSET (DavitJsonOps, type, 24),
	OFFSET (DavitJsonOps, length, 32),
	OFFSET (DavitJsonOps, element, 40),
	OFFSET (DavitJsonOps, element_key, 48),
	OFFSET (DavitJsonOps, member, 56),
	OFFSET (DavitJsonOps, get_string, 64),
	OFFSET (DavitJsonOps, get_boolean, 72),
	OFFSET (DavitJsonOps, get_integer, 80),
	OFFSET (DavitJsonOps, get_object, 88),
	OFFSET (DavitJsonOps, get_array, 96),
	OFFSET (DavitJsonOps, get_strings, 104),
	OFFSET (DavitJsonOps, path, 112),
	OFFSET (DavitJsonOps, string, 120),
	OFFSET (DavitJsonOps, integer, 128),
	OFFSET (DavitJsonOps, boolean, 136),
	OFFSET (DavitJsonOps, number, 144),
	OFFSET (DavitJsonOps, to_text, 152),
	SIZE (DavitJsonOps, 160),

	VALUE (DAVIT_LOG_WARNING, 1),
	VALUE (DAVIT_LOG_INFO, 2),
	VALUE (DAVIT_LOG_DEBUG, 3),

	VALUE (DAVIT_CGROUP_NONE, 0),
	VALUE (DAVIT_CGROUP_V1, 1),
	VALUE (DAVIT_CGROUP_HYBRID, 2),
	VALUE (DAVIT_CGROUP_V2, 3),

	OFFSET (DavitFacts, size, 0),
	OFFSET (DavitFacts, uid, 8),
	OFFSET (DavitFacts, gid, 12),
	OFFSET (DavitFacts, rootless, 16),
	OFFSET (DavitFacts, kernel_major, 20),
	OFFSET (DavitFacts, kernel_minor, 24),
	OFFSET (DavitFacts, cgroups, 28),
	OFFSET (DavitFacts, engine_version, 32),
	OFFSET (DavitFacts, cgroup_parent, 40),
	SIZE (DavitFacts, 48),

	OFFSET (DavitHelper, size, 0),
	OFFSET (DavitHelper, argv, 8),
	OFFSET (DavitHelper, envp, 16),
	OFFSET (DavitHelper, input, 24),
	OFFSET (DavitHelper, netns_fd, 32),
	OFFSET (DavitHelper, cwd_dirfd, 36),
	OFFSET (DavitHelper, pass_fds, 40),
	OFFSET (DavitHelper, n_pass_fds, 48),
	OFFSET (DavitHelper, timeout_msec, 56),
	OFFSET (DavitHelper, output_limit, 64),
	OFFSET (DavitHelper, ret_status, 72),
	OFFSET (DavitHelper, ret_complaint, 80),
	OFFSET (DavitHelper, stdio, 88),
	OFFSET (DavitHelper, userns_fd, 96),
	OFFSET (DavitHelper, mount_path, 104),
	OFFSET (DavitHelper, mount_fd, 112),
	OFFSET (DavitHelper, read_only, 116),
	SIZE (DavitHelper, 120),

	OFFSET (DavitHost, size, 0),
	OFFSET (DavitHost, facts, 8),
	OFFSET (DavitHost, state_dirfd, 16),
	OFFSET (DavitHost, run_dirfd, 20),
	OFFSET (DavitHost, cache_dirfd, 24),
	OFFSET (DavitHost, json, 32),
	OFFSET (DavitHost, files, 40),
	OFFSET (DavitHost, log, 48),
	OFFSET (DavitHost, trace_begin, 56),
	OFFSET (DavitHost, trace_end, 64),
	OFFSET (DavitHost, option_string, 72),
	OFFSET (DavitHost, option_boolean, 80),
	OFFSET (DavitHost, option_integer, 88),
	OFFSET (DavitHost, option_list, 96),
	OFFSET (DavitHost, run_helper, 104),
	OFFSET (DavitHost, probe_add, 112),
	OFFSET (DavitHost, result_string, 120),
	OFFSET (DavitHost, result_integer, 128),
	OFFSET (DavitHost, result_fd, 136),
	OFFSET (DavitHost, start_helper, 144),
	OFFSET (DavitHost, variant, 152),
	SIZE (DavitHost, 160),

	VALUE (DAVIT_WHITEOUTS_APPLY, 1),
	VALUE (DAVIT_WHITEOUTS_OVERLAY, 2),
	VALUE (DAVIT_WHITEOUTS_OVERLAY_USER, 3),

	OFFSET (DavitLayerRequest, size, 0),
	OFFSET (DavitLayerRequest, chain_id, 8),
	OFFSET (DavitLayerRequest, parent_id, 16),
	SIZE (DavitLayerRequest, 24),

	OFFSET (DavitLayerFile, size, 0),
	OFFSET (DavitLayerFile, chain_id, 8),
	OFFSET (DavitLayerFile, path, 16),
	OFFSET (DavitLayerFile, fd, 24),
	SIZE (DavitLayerFile, 32),

	OFFSET (DavitRootfsRequest, size, 0),
	OFFSET (DavitRootfsRequest, id, 8),
	OFFSET (DavitRootfsRequest, layers, 16),
	OFFSET (DavitRootfsRequest, quota, 24),
	OFFSET (DavitRootfsRequest, read_only, 32),
	OFFSET (DavitRootfsRequest, volatile_writes, 36),
	OFFSET (DavitRootfsRequest, mount_points, 40),
	OFFSET (DavitRootfsRequest, memory_writes, 48),
	SIZE (DavitRootfsRequest, 56),

	OFFSET (DavitStorageOps, open, 0),
	OFFSET (DavitStorageOps, close, 8),
	OFFSET (DavitStorageOps, probe, 16),
	OFFSET (DavitStorageOps, layer_begin, 24),
	OFFSET (DavitStorageOps, layer_commit, 32),
	OFFSET (DavitStorageOps, layer_abort, 40),
	OFFSET (DavitStorageOps, layer_exists, 48),
	OFFSET (DavitStorageOps, layer_remove, 56),
	OFFSET (DavitStorageOps, rootfs_create, 64),
	OFFSET (DavitStorageOps, rootfs_mount, 72),
	OFFSET (DavitStorageOps, rootfs_unmount, 80),
	OFFSET (DavitStorageOps, rootfs_remove, 88),
	OFFSET (DavitStorageOps, changes, 96),
	OFFSET (DavitStorageOps, usage, 104),
	OFFSET (DavitStorageOps, verify, 112),
	OFFSET (DavitStorageOps, prune, 120),
	OFFSET (DavitStorageOps, layer_open, 128),
	OFFSET (DavitStorageOps, layer_list, 136),
	OFFSET (DavitStorageOps, layer_adopt, 144),
	SIZE (DavitStorageOps, 152),

	OFFSET (DavitPort, host_address, 0),
	OFFSET (DavitPort, protocol, 8),
	OFFSET (DavitPort, host_port, 16),
	OFFSET (DavitPort, container_port, 18),
	OFFSET (DavitPort, count, 20),
	SIZE (DavitPort, 24),

	OFFSET (DavitNetworkRequest, size, 0),
	OFFSET (DavitNetworkRequest, id, 8),
	OFFSET (DavitNetworkRequest, name, 16),
	OFFSET (DavitNetworkRequest, network, 24),
	OFFSET (DavitNetworkRequest, interface, 32),
	OFFSET (DavitNetworkRequest, netns_fd, 40),
	OFFSET (DavitNetworkRequest, userns_fd, 44),
	OFFSET (DavitNetworkRequest, pidfd, 48),
	OFFSET (DavitNetworkRequest, address, 56),
	OFFSET (DavitNetworkRequest, address6, 64),
	OFFSET (DavitNetworkRequest, mac_address, 72),
	OFFSET (DavitNetworkRequest, aliases, 80),
	OFFSET (DavitNetworkRequest, options, 88),
	OFFSET (DavitNetworkRequest, ports, 96),
	OFFSET (DavitNetworkRequest, status, 104),
	OFFSET (DavitNetworkRequest, netlink_fd, 112),
	SIZE (DavitNetworkRequest, 120),

	OFFSET (DavitNetworkOps, open, 0),
	OFFSET (DavitNetworkOps, close, 8),
	OFFSET (DavitNetworkOps, probe, 16),
	OFFSET (DavitNetworkOps, attach, 24),
	OFFSET (DavitNetworkOps, detach, 32),
	OFFSET (DavitNetworkOps, check, 40),
	OFFSET (DavitNetworkOps, refresh, 48),
	OFFSET (DavitNetworkOps, gc, 56),
	OFFSET (DavitNetworkOps, port_add, 64),
	OFFSET (DavitNetworkOps, port_remove, 72),
	OFFSET (DavitNetworkOps, network_create, 80),
	OFFSET (DavitNetworkOps, network_list, 88),
	OFFSET (DavitNetworkOps, network_remove, 96),
	SIZE (DavitNetworkOps, 104),

	VALUE (DAVIT_CHECKPOINT_LEAVE_RUNNING, 1),
	VALUE (DAVIT_CHECKPOINT_TCP_ESTABLISHED, 2),
	VALUE (DAVIT_CHECKPOINT_TCP_CLOSE, 4),
	VALUE (DAVIT_CHECKPOINT_FILE_LOCKS, 8),
	VALUE (DAVIT_CHECKPOINT_EXTERNAL_UNIX, 16),
	VALUE (DAVIT_CHECKPOINT_TERMINAL, 32),
	VALUE (DAVIT_CHECKPOINT_STATISTICS, 64),
	VALUE (DAVIT_CHECKPOINT_KEEP_LOG, 128),

	OFFSET (DavitExternal, type, 0),
	OFFSET (DavitExternal, key, 8),
	OFFSET (DavitExternal, fd, 16),
	SIZE (DavitExternal, 24),

	OFFSET (DavitDumpRequest, size, 0),
	OFFSET (DavitDumpRequest, id, 8),
	OFFSET (DavitDumpRequest, pidfd, 16),
	OFFSET (DavitDumpRequest, pid, 20),
	OFFSET (DavitDumpRequest, bundle_dirfd, 24),
	OFFSET (DavitDumpRequest, images_dirfd, 28),
	OFFSET (DavitDumpRequest, work_dirfd, 32),
	OFFSET (DavitDumpRequest, parent_dirfd, 36),
	OFFSET (DavitDumpRequest, cgroups, 40),
	OFFSET (DavitDumpRequest, flags, 48),
	OFFSET (DavitDumpRequest, timeout_msec, 52),
	OFFSET (DavitDumpRequest, externals, 56),
	OFFSET (DavitDumpRequest, options, 64),
	OFFSET (DavitDumpRequest, frozen, 72),
	OFFSET (DavitDumpRequest, frozen_data, 80),
	SIZE (DavitDumpRequest, 88),

	OFFSET (DavitRestoreRequest, size, 0),
	OFFSET (DavitRestoreRequest, id, 8),
	OFFSET (DavitRestoreRequest, bundle_dirfd, 16),
	OFFSET (DavitRestoreRequest, rootfs_mount_fd, 20),
	OFFSET (DavitRestoreRequest, images_dirfd, 24),
	OFFSET (DavitRestoreRequest, work_dirfd, 28),
	OFFSET (DavitRestoreRequest, cgroups, 32),
	OFFSET (DavitRestoreRequest, flags, 40),
	OFFSET (DavitRestoreRequest, timeout_msec, 44),
	OFFSET (DavitRestoreRequest, externals, 48),
	OFFSET (DavitRestoreRequest, options, 56),
	SIZE (DavitRestoreRequest, 64),

	OFFSET (DavitCheckpointOps, open, 0),
	OFFSET (DavitCheckpointOps, close, 8),
	OFFSET (DavitCheckpointOps, probe, 16),
	OFFSET (DavitCheckpointOps, dump, 24),
	OFFSET (DavitCheckpointOps, restore, 32),
	OFFSET (DavitCheckpointOps, pre_dump, 40),
	OFFSET (DavitCheckpointOps, lazy_serve, 48),
	OFFSET (DavitCheckpointOps, verify, 56),
	OFFSET (DavitCheckpointOps, features, 64),
	SIZE (DavitCheckpointOps, 72),

	OFFSET (DavitRuntimeContainer, size, 0),
	OFFSET (DavitRuntimeContainer, id, 8),
	OFFSET (DavitRuntimeContainer, dirfd, 16),
	SIZE (DavitRuntimeContainer, 24),

	OFFSET (DavitRuntimeCreate, size, 0),
	OFFSET (DavitRuntimeCreate, container, 8),
	OFFSET (DavitRuntimeCreate, bundle_dirfd, 32),
	OFFSET (DavitRuntimeCreate, rootfs_mount_fd, 36),
	OFFSET (DavitRuntimeCreate, stdio, 40),
	OFFSET (DavitRuntimeCreate, pass_fds, 56),
	OFFSET (DavitRuntimeCreate, n_pass_fds, 64),
	SIZE (DavitRuntimeCreate, 72),

	OFFSET (DavitRuntimeExec, size, 0),
	OFFSET (DavitRuntimeExec, container, 8),
	OFFSET (DavitRuntimeExec, process, 32),
	OFFSET (DavitRuntimeExec, stdio, 40),
	OFFSET (DavitRuntimeExec, pass_fds, 56),
	OFFSET (DavitRuntimeExec, n_pass_fds, 64),
	OFFSET (DavitRuntimeExec, detach, 72),
	SIZE (DavitRuntimeExec, 80),

	OFFSET (DavitRuntimeOps, open, 0),
	OFFSET (DavitRuntimeOps, close, 8),
	OFFSET (DavitRuntimeOps, probe, 16),
	OFFSET (DavitRuntimeOps, create, 24),
	OFFSET (DavitRuntimeOps, start, 32),
	OFFSET (DavitRuntimeOps, kill, 40),
	OFFSET (DavitRuntimeOps, delete_, 48),
	OFFSET (DavitRuntimeOps, state, 56),
	OFFSET (DavitRuntimeOps, exec, 64),
	OFFSET (DavitRuntimeOps, pause, 72),
	OFFSET (DavitRuntimeOps, resume, 80),
	OFFSET (DavitRuntimeOps, update, 88),
	OFFSET (DavitRuntimeOps, stats, 96),
	OFFSET (DavitRuntimeOps, features, 104),
	OFFSET (DavitRuntimeOps, resize, 112),
	OFFSET (DavitRuntimeOps, checkpoint, 120),
	OFFSET (DavitRuntimeOps, restore, 128),
	OFFSET (DavitRuntimeOps, processes, 136),
	OFFSET (DavitRuntimeOps, prepare, 144),
	OFFSET (DavitRuntimeOps, adopt, 152),
	OFFSET (DavitRuntimeOps, shares_memory, 160),
	OFFSET (DavitRuntimeOps, choose, 168),
	SIZE (DavitRuntimeOps, 176),
};

int
main (void)
{
	int failed = 0;

	for (gsize i = 0; i < G_N_ELEMENTS (pins); i++) {
		gboolean same = pins[i].now == pins[i].pinned;

		printf ("%sok %zu - %s is %zu\n", same ? "" : "not ", i + 1, pins[i].what,
			pins[i].pinned);
		if (!same)
			printf ("# it is %zu now, and plugins of ABI 1.0 rely on %zu\n",
				pins[i].now, pins[i].pinned);
		failed |= !same;
	}
	printf ("1..%zu\n", G_N_ELEMENTS (pins));
	return failed;
}
