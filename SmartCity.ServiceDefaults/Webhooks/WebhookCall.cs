using System.Globalization;
using System.Net.Http.Headers;

namespace SmartCity.ServiceDefaults.Webhooks;

/// <summary>One signed POST to a receiver.</summary>
public static class WebhookCall
{
    /// <summary>Sends JSON.</summary>
    /// <inheritdoc cref="SendAsync(HttpClient, HttpRequestMessage, string, Guid, byte[], DateTimeOffset, TimeSpan, CancellationToken)"/>
    public static async Task<(int? Status, string? Error)> SendAsync(HttpClient client, Uri url, string secret, Guid delivery, byte[] body, DateTimeOffset at, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await SendAsync(client, request, secret, delivery, body, at, timeout, cancellationToken);
    }

    /// <param name="request">Has the body, and is given the signature.</param>
    /// <param name="at">Now.</param>
    /// <param name="timeout">How long the receiver may take to answer.</param>
    /// <returns>The HTTP status, null if there was no answer; and what went wrong, null if the receiver took the delivery.</returns>
    public static async Task<(int? Status, string? Error)> SendAsync(HttpClient client, HttpRequestMessage request, string secret, Guid delivery, byte[] body, DateTimeOffset at, TimeSpan timeout, CancellationToken cancellationToken)
    {
        request.Options.Set(PersonalData.SecretAddress, true);
        request.Headers.Add(WebhookSignature.TimestampHeader, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Of(secret, at.ToUnixTimeSeconds(), body));
        request.Headers.Add(WebhookSignature.DeliveryHeader, delivery.ToString());
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? null : $"The receiver answered {(int)answer.StatusCode} {answer.ReasonPhrase}");
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"The receiver did not answer within {timeout.TotalSeconds:0} s");
        }
    }
}
