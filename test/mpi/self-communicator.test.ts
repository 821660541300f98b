import { expect } from 'chai';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';

describe('object collectives of one rank', () => {
  it('copy what they are given, as those of MPI', () => {
    const comm = new SelfCommunicator();
    const large = new Float64Array(1e6);
    const [part] = comm.allgatherObject(large.subarray(0, 3));
    expect(part?.buffer.byteLength).to.be.below(large.byteLength);
    const shared = new Float64Array(new SharedArrayBuffer(16));
    const copy = comm.bcastObject(shared);
    copy[0] = 1;
    expect(shared[0]).to.equal(0);
  });

  it('refuse what those of MPI refuse', () => {
    expect(() => new SelfCommunicator().bcastObject(new Blob(['a']))).to.throw('Blob');
    expect(() => new SelfCommunicator().bcastObject(() => 1)).to.throw('bcastObject');
  });
});
