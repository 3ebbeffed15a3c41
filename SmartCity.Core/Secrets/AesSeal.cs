using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Core.Secrets;

/// <summary>AES-256-GCM: a random nonce, what was sealed, and the tag, in one piece.</summary>
internal static class AesSeal
{
    public const int KeyBytes = 32;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <param name="about">What it is and whose; a piece cannot be moved to another place.</param>
    public static byte[] Close(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain, string about)
    {
        var whole = new byte[NonceBytes + plain.Length + TagBytes];
        RandomNumberGenerator.Fill(whole.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(whole.AsSpan(0, NonceBytes), plain, whole.AsSpan(NonceBytes, plain.Length), whole.AsSpan(NonceBytes + plain.Length), Encoding.UTF8.GetBytes(about));
        return whole;
    }

    /// <exception cref="CryptographicException">It was sealed with another key or for another place, or was changed.</exception>
    public static byte[] Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> whole, string about)
    {
        if (whole.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException("It is too short to be sealed.");
        }

        var plain = new byte[whole.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(whole[..NonceBytes], whole.Slice(NonceBytes, plain.Length), whole[(NonceBytes + plain.Length)..], plain, Encoding.UTF8.GetBytes(about));
        return plain;
    }
}
