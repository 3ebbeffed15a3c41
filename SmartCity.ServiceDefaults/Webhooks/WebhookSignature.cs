using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.ServiceDefaults.Webhooks;

/// <summary>
/// How a receiver knows that a delivery is ours: <c>X-SmartCity-Signature: sha256=hex(HMAC-SHA256(secret, timestamp + "." + body))</c>, the timestamp in
/// Unix seconds from <c>X-SmartCity-Timestamp</c>. A receiver should refuse old timestamps.
/// </summary>
public static class WebhookSignature
{
    public const string SignatureHeader = "X-SmartCity-Signature";
    public const string TimestampHeader = "X-SmartCity-Timestamp";

    /// <summary>Header with the delivery's id, the same for every attempt, so that receivers can ignore a delivery that they already have.</summary>
    public const string DeliveryHeader = "X-SmartCity-Delivery";

    public static string Of(string secret, long unixSeconds, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes(unixSeconds.ToString(CultureInfo.InvariantCulture) + "."));
        hmac.AppendData(body);
        return "sha256=" + Convert.ToHexStringLower(hmac.GetHashAndReset());
    }
}
