using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SmartCity.Core.Secrets;

namespace SmartCity.Core.Faces;

/// <summary>Each watch-list has a key of its own, which is sealed with the core's secret. What it sealed is gone with it.</summary>
internal sealed class FaceKeys(CoreSecret secret)
{
    /// <returns>As a row holds it.</returns>
    public string Make(Guid list)
    {
        var key = RandomNumberGenerator.GetBytes(AesSeal.KeyBytes);
        try
        {
            return secret.Seal(Convert.ToBase64String(key), Purpose(list));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public FaceKey Open(Guid list, string stored) => new(list, Convert.FromBase64String(secret.Open(stored, Purpose(list))));

    /// <returns>Null if the list is gone.</returns>
    public async Task<FaceKey?> FindAsync(NpgsqlConnection connection, Guid list, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select key from face_lists where id = $1", connection) { Parameters = { new() { Value = list } } };
        return await command.ExecuteScalarAsync(cancellationToken) is string stored ? Open(list, stored) : null;
    }

    private static string Purpose(Guid list) => $"faces of {list}";
}

/// <summary>The key of one list, in memory until it is disposed.</summary>
internal sealed class FaceKey(Guid list, byte[] key) : IDisposable
{
    public byte[] SealAbout(Guid entry, string text) => AesSeal.Close(key, Encoding.UTF8.GetBytes(text), $"{list}/{entry}/about");

    public string OpenAbout(Guid entry, byte[] whole) => Encoding.UTF8.GetString(AesSeal.Open(key, whole, $"{list}/{entry}/about"));

    public byte[] SealPicture(Guid entry, int number, byte[] jpeg) => AesSeal.Close(key, jpeg, $"{list}/{entry}/{number}/picture");

    public byte[] OpenPicture(Guid entry, int number, byte[] whole) => AesSeal.Open(key, whole, $"{list}/{entry}/{number}/picture");

    public byte[] SealTemplate(Guid entry, int number, ReadOnlySpan<byte> values) => AesSeal.Close(key, values, $"{list}/{entry}/{number}/template");

    /// <summary>Whoever has it overwrites it.</summary>
    public byte[] OpenTemplate(Guid entry, int number, byte[] whole) => AesSeal.Open(key, whole, $"{list}/{entry}/{number}/template");

    public byte[] SealMatch(Guid match, Guid entry, byte[] jpeg) => AesSeal.Close(key, jpeg, $"{list}/{entry}/{match}/match");

    public byte[] OpenMatch(Guid match, Guid entry, byte[] whole) => AesSeal.Open(key, whole, $"{list}/{entry}/{match}/match");

    public void Dispose() => CryptographicOperations.ZeroMemory(key);
}
