using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Core.Access;

/// <summary>The secret of a session or an API key: 32 random bytes, kept here as their SHA-256 only.</summary>
internal static class AccessToken
{
    public const string SessionPrefix = "scs_";
    public const string KeyPrefix = "sck_";

    private const int Bytes = 32;

    public static string New(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>What a table keeps. The token is as random as a key: no salt and no slow hash are needed.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
