using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Sightings;

/// <summary>Compares pictures with what their edges took: a picture that was changed since is never shown, and each is a line of the audit.</summary>
internal sealed class EvidenceChecks(AuditLog audit, ILogger<EvidenceChecks> logger)
{
    private readonly ConcurrentDictionary<string, bool> _changed = new(StringComparer.Ordinal);

    /// <summary>Pictures that were found changed since this core started.</summary>
    public int Changed => _changed.Count;

    /// <summary>Whether a picture is the one that was taken.</summary>
    public async Task<bool> IsOriginalAsync(string key, ReadOnlyMemory<byte> picture, byte[] sha256)
    {
        if (SHA256.HashData(picture.Span).AsSpan().SequenceEqual(sha256))
        {
            return true;
        }

        if (_changed.TryAdd(key, true))
        {
            logger.LogError("The picture {Key} in the object store is not the one that its edge took.", key);
            await audit.AppendAsync("core", "evidence.changed", key, "Its SHA-256 is not the one that its sighting says.", null);
        }

        return false;
    }
}
