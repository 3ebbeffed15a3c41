using System.Globalization;
using System.Net.Http.Headers;

namespace SmartCity.ServiceDefaults.Webhooks;

/// <summary>One signed POST to a receiver, and how long to wait after it failed.</summary>
public static class WebhookCall
{
    private const double Jitter = 0.2;

    /// <param name="at">Now.</param>
    /// <param name="timeout">How long the receiver may take to answer.</param>
    /// <returns>The HTTP status, null if there was no answer; and what went wrong, null if the receiver took the delivery.</returns>
    public static async Task<(int? Status, string? Error)> SendAsync(HttpClient client, Uri url, string secret, Guid delivery, byte[] body, DateTimeOffset at, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(WebhookSignature.TimestampHeader, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Of(secret, at.ToUnixTimeSeconds(), body));
        request.Headers.Add(WebhookSignature.DeliveryHeader, delivery.ToString());
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? null : $"The receiver answered {(int)answer.StatusCode} {answer.ReasonPhrase}.");
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"The receiver did not answer within {timeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>How long to wait before the next attempt: doubles up to a limit, with some randomness, so that a receiver that comes back does not get everything at once.</summary>
    /// <param name="attempt">How many attempts have failed, from 1.</param>
    public static TimeSpan RetryAfter(int attempt, TimeSpan first, TimeSpan longest)
    {
        var doubled = first * Math.Pow(2, Math.Min(attempt - 1, 30));
        return (doubled < longest ? doubled : longest) * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble()));
    }
}
