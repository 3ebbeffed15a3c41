using System.Collections.Immutable;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Alerts;

/// <param name="Version">The same as long as the entries are, at every core; the keys differ.</param>
/// <param name="Steps">What led to it from lists before, each from the one before it.</param>
internal sealed record VersionedHotlist(EdgeHotlist List, string Version, ImmutableArray<EdgeHotlistDelta> Steps)
{
    private const int MostSteps = 500;
    private const int FewChanges = 1_000;

    /// <summary>What leads to it from the list of a checksum; null if that is not known, or has changed so much that the whole list is as well sent.</summary>
    public EdgeHotlistDelta? Since(ReadOnlySpan<byte> checksum)
    {
        if (checksum.SequenceEqual(List.Checksum))
        {
            return List.To(List);
        }

        for (var i = 0; i < Steps.Length; i++)
        {
            if (checksum.SequenceEqual(Steps[i].From))
            {
                return Steps.Skip(i + 1).Aggregate(Steps[i], (all, next) => all.Then(next));
            }
        }

        return null;
    }

    /// <summary>The next list, with the same key.</summary>
    public VersionedHotlist Then(List<EdgeHotlistEntry> entries, string version)
    {
        var list = EdgeHotlist.Make(entries, List);
        var steps = Steps.Add(List.To(list)!);
        var (first, changes) = (steps.Length, 0L);
        while (first > 0 && steps.Length - first < MostSteps && (changes += steps[first - 1].Count) <= Math.Max(FewChanges, list.Count / 2))
        {
            first--;
        }

        return new VersionedHotlist(list, version, steps[first..]);
    }
}

/// <summary>
/// What edges hold of the hot-list: exact plates of the highest priorities that hold now or will within a day. Made when an edge asks, at most every
/// few seconds, and once for all of them; with one key as long as this process runs, so that an edge can be sent what changed. Patterns stay with the core: an edge could only hold them in clear.
/// </summary>
internal sealed class EdgeHotlists(
    NpgsqlDataSource dataSource, IOptions<EdgeHotlistOptions> options, WorkerHealth health, TimeProvider time, ILogger<EdgeHotlists> logger) : IDisposable
{
    private const string Worker = "hot-list of the edges";
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _making = new(1);
    private VersionedHotlist? _newest;
    private long _madeAt;

    public async Task<VersionedHotlist> NewestAsync(CancellationToken cancellationToken)
    {
        await _making.WaitAsync(cancellationToken);
        try
        {
            if (_newest is null || time.GetElapsedTime(_madeAt) >= options.Value.Refresh)
            {
                var startedAt = time.GetTimestamp();
                _newest = await MakeAsync(_newest, cancellationToken);
                _madeAt = startedAt;
            }

            return _newest;
        }
        finally
        {
            _making.Release();
        }
    }

    public void Dispose() => _making.Dispose();

    private async Task<VersionedHotlist> MakeAsync(VersionedHotlist? before, CancellationToken cancellationToken)
    {
        var entries = await ReadAsync(cancellationToken);
        var most = options.Value.MostEntries;
        if (entries.Count > most)
        {
            entries.RemoveAt(most);
            health.Degraded(Worker, $"More than {most} entries have a priority from 1 to {options.Value.MostPriority}, and edges hold only the first {most}. Lower Core:EdgeHotlist:MostPriority or raise Core:EdgeHotlist:MostEntries.");
        }
        else
        {
            health.Healthy(Worker, $"{entries.Count} plates");
        }

        var version = VersionOf(entries);
        if (version == before?.Version)
        {
            return before;
        }

        logger.LogInformation("The hot-list for edges has {Entries} entries.", entries.Count);
        return before is null ? new VersionedHotlist(EdgeHotlist.Make(entries), version, []) : before.Then(entries, version);
    }

    private async Task<List<EdgeHotlistEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        if (options.Value.MostPriority == 0)
        {
            return [];
        }

        var now = time.GetUtcNow();
        await using var command = dataSource.CreateCommand(
            """
            select id, pattern, priority, nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity') from hotlist_entries
            where priority <= $1 and pattern !~ '[?*]' and valid_from <= $2 and valid_to > $3 order by priority, id desc limit $4
            """);
        foreach (var value in (object[])[options.Value.MostPriority, now + Ahead, now, options.Value.MostEntries + 1])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ReadAllAsync(
            r => new EdgeHotlistEntry(r.GetGuid(0), r.GetString(1), r.GetInt32(2), r.IsDBNull(3) ? DateTimeOffset.MinValue : r.Time(3), r.IsDBNull(4) ? DateTimeOffset.MaxValue : r.Time(4)),
            cancellationToken);
    }

    private static string VersionOf(List<EdgeHotlistEntry> entries)
    {
        var hash = new XxHash128();
        foreach (var entry in entries)
        {
            Add(entry.Id);
            Add(entry.Priority);
            Add(entry.ValidFrom.UtcTicks);
            Add(entry.ValidTo.UtcTicks);
            hash.Append(Encoding.UTF8.GetBytes(entry.Plate));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());

        void Add<T>(T value)
            where T : unmanaged => hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
    }
}
