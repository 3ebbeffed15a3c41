using System.Security.Cryptography;
using System.Text;
using SmartCity.Lake.Relay;

namespace SmartCity.Lake.Foreign;

/// <summary>Who may ask as Postgres: the one who knows the secret that is kept in Postgres' own catalogue. By SCRAM, so that it never goes over the wire.</summary>
internal sealed class ForeignLogin
{
    /// <summary>No role has this name, and analysts come by theirs.</summary>
    public const string User = "smartcity.lake";

    private const int Sasl = 10;
    private const int SaslContinue = 11;
    private const int SaslFinal = 12;
    private const int Iterations = 4096;
    private const int SaltBytes = 16;
    private const int NonceBytes = 18;

    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(SaltBytes);

    /// <summary>Null until it is known; nobody comes in before.</summary>
    public string? Secret { get; set; }

    /// <returns>Whether the client knows the secret; it has been told.</returns>
    public Task<bool> AskAsync(Stream client, MessageReader reader, CancellationToken cancellationToken) => AskAsync(
        client, reader, _salt, Secret, new MessageWriter().Error("28P01", "the lake does not know this secret", "SmartCity.Lake writes it into Postgres when it starts; start it again."), cancellationToken);

    /// <summary>Asks for a password, as Postgres does where there is no such role too, and refuses whatever it is. The salt is the same each time, as that of a role is.</summary>
    public Task RefuseAsync(Stream client, MessageReader reader, string role, CancellationToken cancellationToken)
    {
        var salt = HMACSHA256.HashData(Secret is { } secret ? Encoding.UTF8.GetBytes(secret) : _salt, Encoding.UTF8.GetBytes(role))[..SaltBytes];
        return AskAsync(client, reader, salt, null, new MessageWriter().Error("28P01", $"password authentication failed for user \"{role}\"", severity: "FATAL"), cancellationToken);
    }

    private static async Task<bool> AskAsync(Stream client, MessageReader reader, byte[] salt, string? known, MessageWriter refusal, CancellationToken cancellationToken)
    {
        await client.WriteAsync(new MessageWriter().Begin('R').Int32(Sasl).Text("SCRAM-SHA-256").Byte(0).End().Written, cancellationToken);
        if (await reader.NextAsync(cancellationToken) is not { Type: 'p' } first || !TryFirst(first, out var header, out var bare))
        {
            return false;
        }

        var nonce = Field(bare, "r=") + Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        var challenge = $"r={nonce},s={Convert.ToBase64String(salt)},i={Iterations}";
        await client.WriteAsync(new MessageWriter().Begin('R').Int32(SaslContinue).Utf8(challenge).End().Written, cancellationToken);
        if (await reader.NextAsync(cancellationToken) is not { Type: 'p' } second)
        {
            return false;
        }

        var answer = Encoding.UTF8.GetString(second.Body.Span);
        var proofAt = answer.LastIndexOf(",p=", StringComparison.Ordinal);
        if (known is not { } secret || proofAt < 0 || !answer.StartsWith($"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(header))},r={nonce}", StringComparison.Ordinal))
        {
            await client.WriteAsync(refusal.Written, cancellationToken);
            return false;
        }

        var salted = Rfc2898DeriveBytes.Pbkdf2(secret, salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var said = Encoding.UTF8.GetBytes($"{bare},{challenge},{answer[..proofAt]}");
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), said);
        var expected = clientKey.Zip(signature, (k, s) => (byte)(k ^ s)).ToArray();
        var given = new byte[expected.Length];
        if (!Convert.TryFromBase64String(answer[(proofAt + 3)..], given, out var length) || length != expected.Length || !CryptographicOperations.FixedTimeEquals(expected, given))
        {
            await client.WriteAsync(refusal.Written, cancellationToken);
            return false;
        }

        var own = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), said);
        await client.WriteAsync(new MessageWriter().Begin('R').Int32(SaslFinal).Utf8($"v={Convert.ToBase64String(own)}").End().Begin('R').Int32(0).End().Written, cancellationToken);
        return true;
    }

    // The name of the mechanism, the length, and: n,,n=,r=…
    private static bool TryFirst(Message message, out string header, out string bare)
    {
        (header, bare) = ("", "");
        var body = new BodyReader(message.Body.Span);
        if (body.Text() != "SCRAM-SHA-256" || body.Int32() is not (> 0 and < 1000) || body.IsAtEnd)
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(message.Body.Span[("SCRAM-SHA-256".Length + 1 + sizeof(int))..]);
        var at = text.IndexOf(",,", StringComparison.Ordinal);
        if (at != 1 || text[0] is not ('n' or 'y'))
        {
            return false;
        }

        (header, bare) = (text[..3], text[3..]);
        return Field(bare, "r=").Length > 0;
    }

    private static string Field(string text, string name) => text.Split(',').FirstOrDefault(f => f.StartsWith(name, StringComparison.Ordinal))?[name.Length..] ?? "";
}
