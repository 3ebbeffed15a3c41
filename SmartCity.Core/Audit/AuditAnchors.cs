using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Audit;

/// <summary>
/// Every minute, the audit's last line goes to the object store, signed: a database that is set back to an earlier state no longer fits what is
/// there. Where the bucket has object lock, nobody can remove an anchor for a year. If there are several cores, all do the same.
/// </summary>
internal sealed class AuditAnchors(
    NpgsqlDataSource dataSource, IObjectStore objects, CoreSecret secret, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<AuditAnchors> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "audit anchors";
    private const string Prefix = "audit/";
    private const int ReadDays = 31;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Locked = TimeSpan.FromDays(365);

    private long _written;

    /// <summary>Writes an anchor if the audit has grown since the last.</summary>
    public async Task AnchorAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select number, hash from audit_head");
        var head = (await command.ReadAllAsync(r => (Number: r.GetInt64(0), Hash: r.GetFieldValue<byte[]>(1)), cancellationToken)).SingleOrDefault();
        if (head.Hash is null || head.Number == 0 || head.Number == _written)
        {
            return;
        }

        var now = time.GetUtcNow();
        var anchor = new AuditAnchor(head.Number, head.Hash);
        var content = JsonSerializer.SerializeToUtf8Bytes(new { number = head.Number, hash = Convert.ToHexStringLower(head.Hash), at = now, signature = Convert.ToHexStringLower(anchor.Sign(secret.AuditKey)) });
        await objects.PutOnceAsync(anchor.Key(now, secret.AuditKey), content, "application/json", now + Locked, cancellationToken);
        _written = head.Number;
    }

    /// <summary>The anchors of the last month whose signature fits; others prove nothing.</summary>
    public static async Task<List<AuditAnchor>> ReadAsync(IObjectStore objects, byte[] key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var anchors = new List<AuditAnchor>();
        for (var day = 0; day <= ReadDays; day++)
        {
            await foreach (var entry in objects.ListAsync(AuditAnchor.Folder(Prefix, now.AddDays(-day)), cancellationToken))
            {
                if (AuditAnchor.Read(entry.Key, key) is { } anchor)
                {
                    anchors.Add(anchor);
                }
            }
        }

        return anchors;
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await AnchorAsync(stoppingToken);
                Health.Healthy(Worker);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever the object store's client throws.
                Health.Degraded(Worker, $"The audit's last line cannot be written to the object store: {e.Message}");
                Logger.LogWarning("The audit's last line cannot be written to the object store, and the core tries again: {Error}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}

/// <summary>A line of the audit that the object store knows too: <c>audit/yyyy/MM/dd/NUMBER-HASH-SIGNATURE.json</c>. A list of keys is all that a check needs.</summary>
internal sealed record AuditAnchor(long Number, byte[] Hash)
{
    private const int SignatureShown = 32;

    public static string Folder(string prefix, DateTimeOffset day) => prefix + day.UtcDateTime.ToString("yyyy/MM/dd/", CultureInfo.InvariantCulture);

    public string Key(DateTimeOffset at, byte[] key) =>
        Folder("audit/", at) + string.Create(CultureInfo.InvariantCulture, $"{Number:D12}-{Convert.ToHexStringLower(Hash)}-{Convert.ToHexStringLower(Sign(key))[..SignatureShown]}.json");

    public byte[] Sign(byte[] key) => HMACSHA256.HashData(key, (byte[])[.. "anchor "u8, .. Encoding.ASCII.GetBytes(Number.ToString(CultureInfo.InvariantCulture) + " "), .. Hash]);

    /// <summary>Null if it is no anchor, or not signed with the key.</summary>
    public static AuditAnchor? Read(string objectKey, byte[] key)
    {
        var parts = Path.GetFileNameWithoutExtension(objectKey).Split('-');
        if (parts.Length != 3 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || parts[1].Length != 64 || !parts[1].All(char.IsAsciiHexDigit))
        {
            return null;
        }

        var anchor = new AuditAnchor(number, Convert.FromHexString(parts[1]));
        return Convert.ToHexStringLower(anchor.Sign(key)).StartsWith(parts[2], StringComparison.Ordinal) && parts[2].Length == SignatureShown ? anchor : null;
    }
}
