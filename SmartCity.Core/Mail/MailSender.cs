using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MimeKit;

namespace SmartCity.Core.Mail;

/// <summary>Hands e-mail to the mail server of the settings, each message on a connection of its own.</summary>
internal sealed class MailSender(IOptions<MailOptions> options)
{
    private const string Missing = "No mail server is set. Set Core:Mail:Host and Core:Mail:From.";

    /// <summary>Whether a mail server is set.</summary>
    public bool IsSet => !string.IsNullOrEmpty(options.Value.Host);

    public static IServiceCollection Add(IServiceCollection services)
    {
        services.AddOptions<MailOptions>().BindConfiguration(MailOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<MailSender>();
    }

    /// <param name="id">The same for every attempt: a server or a reader can tell that it has the message already.</param>
    /// <returns>What went wrong, for people; null when the server has taken the message.</returns>
    public async Task<string?> SendAsync(string to, string id, string subject, MimeEntity body, CancellationToken cancellationToken)
    {
        var mail = options.Value;
        if (!IsSet)
        {
            return Missing;
        }

        var from = MailboxAddress.Parse(mail.From!);
        using var message = new MimeMessage { Subject = subject, Body = body, MessageId = $"{id}@{from.Domain}" };
        message.From.Add(new MailboxAddress("SmartCity", from.Address));
        message.To.Add(MailboxAddress.Parse(to));

        // No answer of an absent reader's program is wanted.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(mail.Timeout);
        try
        {
            using var client = new SmtpClient();
            await client.ConnectAsync(mail.Host!, mail.Port, Of(mail.Security), patience.Token);
            if (!string.IsNullOrEmpty(mail.User))
            {
                await client.AuthenticateAsync(mail.User, mail.Password!, patience.Token);
            }

            await client.SendAsync(message, patience.Token);

            // The server has the message: what it says to the farewell changes nothing.
            await client.DisconnectAsync(quit: false, CancellationToken.None);
            return null;
        }
        catch (Exception e) when (e is ProtocolException or CommandException or SocketException or IOException or SslHandshakeException or AuthenticationException or NotSupportedException)
        {
            return $"The mail server did not take the message: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"The mail server did not take the message within {mail.Timeout.TotalSeconds:0} s.";
        }
    }

    private static SecureSocketOptions Of(MailSecurity security) => security switch
    {
        MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
        MailSecurity.None => SecureSocketOptions.None,
        _ => SecureSocketOptions.StartTls,
    };
}
