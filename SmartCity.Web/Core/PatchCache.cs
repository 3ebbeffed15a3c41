using System.Net;
using Microsoft.Extensions.Caching.Memory;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

/// <summary>
/// Pictures of plates that somebody has just been shown. Everybody at the Live page asks for the same ones at the same time: the core is asked once,
/// by the first, and the others, whose right to it the core has confirmed within the last minute, get what it gave.
/// </summary>
public sealed class PatchCache : IDisposable
{
    private const long Bytes = 32 * 1024 * 1024;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(30);

    private readonly MemoryCache _pictures = new(new MemoryCacheOptions { SizeLimit = Bytes });
    private readonly MemoryCache _confirmed = new(new MemoryCacheOptions());
    private readonly Dictionary<string, Task<byte[]?>> _asked = new(StringComparer.Ordinal);

    public static bool Holds(string key) => key.EndsWith(".plate.jpg", StringComparison.Ordinal);

    /// <summary>Whether the core has said within the last minute that a token may see what passes. What it does not say it is asked for each picture.</summary>
    public async Task<bool> MayAsync(string? token, CoreClient core)
    {
        if (token is null)
        {
            return false;
        }

        if (_confirmed.TryGetValue(token, out _))
        {
            return true;
        }

        using var timeout = new CancellationTokenSource(Within);
        try
        {
            // Whoever is limited to some stations may not have what others were shown.
            var may = await core.AccountAsync(timeout.Token) is { Stations: null } account && account.Scopes.Contains(Scope.LiveRead);
            return may && _confirmed.Set(token, may, Kept);
        }
        catch (HttpRequestException e) when (e.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return false;
        }
    }

    /// <summary>The picture; null when the core has none for who asks.</summary>
    public async Task<byte[]?> GetAsync(string key, CoreClient core)
    {
        if (_pictures.TryGetValue(key, out byte[]? picture))
        {
            return picture;
        }

        Task<byte[]?> asked;
        lock (_asked)
        {
            if (!_asked.TryGetValue(key, out asked!))
            {
                _asked.Add(key, asked = AskAsync(key, core));
            }
        }

        return await asked;
    }

    public void Dispose()
    {
        _pictures.Dispose();
        _confirmed.Dispose();
    }

    private async Task<byte[]?> AskAsync(string key, CoreClient core)
    {
        try
        {
            await Task.Yield();
            using var timeout = new CancellationTokenSource(Within);
            using var response = await core.EvidenceAsync(key, timeout.Token);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                return null;
            }

            response.EnsureSuccessStatusCode();
            var bytes = await response.Content.ReadAsByteArrayAsync(timeout.Token);
            return _pictures.Set(key, bytes, new MemoryCacheEntryOptions { Size = bytes.Length, AbsoluteExpirationRelativeToNow = Kept });
        }
        finally
        {
            lock (_asked)
            {
                _asked.Remove(key);
            }
        }
    }
}
