using System.Net;
using System.Net.Sockets;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>Ports for programs that are told theirs. They lie below those that the system gives out by itself, so that no connection and no broker of a test takes them meanwhile.</summary>
internal static class FreePorts
{
    /// <param name="beside">What the program takes as well, counted from the port.</param>
    public static int Take(params int[] beside)
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 20_000);
            var held = new List<TcpListener>();
            try
            {
                foreach (var next in (int[])[0, .. beside])
                {
                    held.Add(new TcpListener(IPAddress.Loopback, port + next));
                    held[^1].Start();
                }

                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another one, then.
            }
            finally
            {
                held.ForEach(l => l.Dispose());
            }
        }
    }
}
