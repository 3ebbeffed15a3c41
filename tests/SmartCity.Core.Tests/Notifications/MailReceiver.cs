using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using MimeKit;
using SmartCity.Edge.Tests.Hosting;
using SmtpServer;
using SmtpServer.ComponentModel;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace SmartCity.Core.Tests.Notifications;

/// <summary>A mail server: keeps what it is sent and answers as it is told.</summary>
internal sealed class MailReceiver : MessageStore, IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _asked;

    public MailReceiver()
    {
        Port = FreePorts.Take();
        var services = new ServiceProvider();
        services.Add(this);
        var options = new SmtpServerOptionsBuilder().ServerName("localhost").Endpoint(e => e.Endpoint(new IPEndPoint(IPAddress.Loopback, Port)).AllowUnsecureAuthentication(false)).Build();
        _running = new SmtpServer.SmtpServer(options, services).StartAsync(_stop.Token);
    }

    public int Port { get; }

    public ConcurrentQueue<MimeMessage> Received { get; } = new();

    /// <summary>Whether the n-th message, counted from 1, is taken.</summary>
    public Func<int, bool> Takes { get; set; } = _ => true;

    public override async Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
    {
        if (!Takes(Interlocked.Increment(ref _asked)))
        {
            return new SmtpResponse(SmtpReplyCode.MailboxUnavailable, "try again later");
        }

        using var content = new MemoryStream(buffer.ToArray());
        Received.Enqueue(await MimeMessage.LoadAsync(content, cancellationToken));
        return SmtpResponse.Ok;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // It was told to stop.
        }

        _stop.Dispose();
        while (Received.TryDequeue(out var message))
        {
            message.Dispose();
        }
    }
}
