using System.Net;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Properties;

/// <summary>Sends its bytes in one piece, and lets time pass while they are read: a limit on the attempt ends as its first chunk is there.</summary>
internal sealed class LateServer(byte[] bytes, ManualTimeProvider clock, TimeSpan late) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var content = new StreamContent(new LateBody(bytes, clock, late));
        content.Headers.TryAddWithoutValidation("Content-Type", "text/event-stream");
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request });
    }

    private sealed class LateBody(byte[] bytes, ManualTimeProvider clock, TimeSpan late) : ForwardStream
    {
        private readonly MemoryStream _bytes = new(bytes);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await _bytes.ReadAsync(buffer, CancellationToken.None);
            if (count > 0 && _bytes.Position == bytes.Length)
                clock.Advance(late);

            return count;
        }
    }
}
