using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Hotlist;

/// <summary>A match that a receiver has not taken yet.</summary>
/// <param name="Delivery">The same for a sighting and an entry however often it is found or sent: receivers drop what they have.</param>
/// <param name="Body">As it is posted.</param>
internal sealed record WaitingMatch(DateTimeOffset MatchedAt, Guid Delivery, byte[] Body)
{
    public static WaitingMatch Of(LocalMatch match)
    {
        Span<byte> both = stackalloc byte[32];
        match.SightingId.TryWriteBytes(both, bigEndian: true, out _);
        match.EntryId.TryWriteBytes(both[16..], bigEndian: true, out _);
        Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(both, id);
        id[6] = (byte)((id[6] & 0x0F) | 0x80); // UUID v8
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new WaitingMatch(match.MatchedAt, new Guid(id[..16], bigEndian: true), JsonSerializer.SerializeToUtf8Bytes(match, ContractsJson.Default.LocalMatch));
    }
}

/// <summary>
/// What waits for one receiver, in memory and, a file each, on the disk; a file is deleted when the receiver took it, for it has a plate in it. A disk
/// that takes no file keeps nothing from being sent. Thread-safe.
/// </summary>
internal sealed class WaitingMatches
{
    private const string Ending = ".json";
    private const string Damaged = ".damaged";
    private static readonly Counter<long> GivenUp = Telemetry.Meter.CreateCounter<long>("smartcity.edge.hotlist.given_up", "{delivery}", "Matches with the hot-list that a receiver of the site never took.");

    private readonly string _folder;
    private readonly int _most;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, WaitingMatch> _waiting = [];
    private readonly Dictionary<Guid, int> _refused = [];

    // One sign however many have come: each wakes the sender once at most.
    private readonly Channel<bool> _arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <param name="folder">Of this receiver alone.</param>
    /// <param name="most">That wait; then the oldest is given up.</param>
    /// <param name="damagedBefore">What was put aside before is deleted: a plate may be in it.</param>
    public WaitingMatches(string folder, int most, DateTimeOffset damagedBefore, ILogger logger)
    {
        (_folder, _most, _logger) = (folder, most, logger);
        try
        {
            Load(damagedBefore);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble = e.Message;
            _logger.LogError("The matches in {Folder} cannot be read and are not sent: {Error}", folder, e.Message);
        }
    }

    /// <summary>Why the newest could not be kept on the disk; null when it was.</summary>
    public string? Trouble { get; private set; }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>A receiver's folder, so that another address does not get what waited for this one.</summary>
    public static string FolderOf(string folder, Uri address) =>
        Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.AbsoluteUri)))[..16]);

    /// <summary>What is to be sent next: the newest of those that were refused least often, for what just passed is worth more than what passed an hour ago.</summary>
    /// <param name="tried">Deliveries that are left out.</param>
    /// <returns>Null when there is no other.</returns>
    public WaitingMatch? Next(IReadOnlySet<Guid> tried)
    {
        lock (_gate)
        {
            return _waiting.Values.Where(m => !tried.Contains(m.Delivery)).MinBy(m => (_refused.GetValueOrDefault(m.Delivery), -m.MatchedAt.UtcTicks));
        }
    }

    /// <summary>The receiver wants another one rather than this: it comes behind those that were refused less often.</summary>
    public void Refused(WaitingMatch match)
    {
        lock (_gate)
        {
            _refused[match.Delivery] = _refused.GetValueOrDefault(match.Delivery) + 1;
        }
    }

    public void Add(WaitingMatch match)
    {
        lock (_gate)
        {
            if (!_waiting.TryAdd(match.Delivery, match))
            {
                return;
            }

            try
            {
                PrivateFile.Write(FileOf(match), stream => stream.Write(match.Body));
                Trouble = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Trouble = e.Message;
                _logger.LogError("A match cannot be written to the disk; it waits in memory and a restart would lose it: {Error}", e.Message);
            }
        }

        while (Oldest() is { } oldest)
        {
            GiveUp(oldest, $"because {_most} newer matches wait");
        }

        _arrived.Writer.TryWrite(true);
    }

    public void Taken(WaitingMatch match)
    {
        lock (_gate)
        {
            _waiting.Remove(match.Delivery);
            _refused.Remove(match.Delivery);
            try
            {
                if (File.Exists(FileOf(match)))
                {
                    File.Delete(FileOf(match));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _logger.LogError("The receiver took delivery {Delivery}, but its file cannot be deleted, so a restart would send it again: {Error}", match.Delivery, e.Message);
            }
        }
    }

    public void GiveUp(WaitingMatch match, string why)
    {
        _logger.LogError("The match of {At:u} (delivery {Delivery}) is given up {Why}; the receiver never took it.", match.MatchedAt, match.Delivery, why);
        GivenUp.Add(1);
        Taken(match);
    }

    /// <summary>Waits until there is a new one, or for a while.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await await Task.WhenAny(_arrived.Reader.ReadAsync(over.Token).AsTask(), Task.Delay(atMost, time, over.Token));
        await over.CancelAsync();
    }

    // Null while no more wait than may.
    private WaitingMatch? Oldest()
    {
        lock (_gate)
        {
            return _waiting.Count > _most ? _waiting.Values.MinBy(m => m.MatchedAt) : null;
        }
    }

    private void Load(DateTimeOffset damagedBefore)
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        // Of one half written the sighting was not kept either.
        foreach (var left in Directory.GetFiles(_folder, "*" + PrivateFile.Beside).Concat(Directory.GetFiles(_folder, "*" + Damaged).Where(f => File.GetLastWriteTimeUtc(f) < damagedBefore)))
        {
            File.Delete(left);
        }

        foreach (var file in Directory.GetFiles(_folder, "*" + Ending))
        {
            if (Read(file) is { } match)
            {
                _waiting[match.Delivery] = match;
            }
        }
    }

    private string FileOf(WaitingMatch match) => Path.Combine(_folder, match.Delivery.ToString() + Ending);

    private WaitingMatch? Read(string file)
    {
        try
        {
            var body = File.ReadAllBytes(file);
            return WaitingMatch.Of(JsonSerializer.Deserialize(body, ContractsJson.Default.LocalMatch) ?? throw new JsonException("It is null.")) with { Body = body };
        }
        catch (JsonException e)
        {
            File.Move(file, file + Damaged, overwrite: true);
            _logger.LogError("{File} does not hold a match and is renamed to .damaged: {Error}", file, e.Message);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble = e.Message;
            _logger.LogError("The match in {File} cannot be read and is not sent: {Error}", file, e.Message);
            return null;
        }
    }
}
